// Starts of one program, under test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {

/// Sessions that share a folder of programs, as starts of one program do.
class Starts : public ::testing::Test {
 protected:
  Starts() {
    std::string name = (std::filesystem::temp_directory_path() / "gt-starts-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Starts() override { std::filesystem::remove_all(folder_); }

  /// Runs in a session of its own, in a worker process of its own as it were; returns how many
  /// programs were made that the folder had not.
  template <class Run>
  std::ptrdiff_t start(Run&& run) {
    const std::ptrdiff_t before = count_programs();
    HotSession session(auto_compile());
    auto made = make_native_engine({.memory_limit = std::size_t{1} << 30});
    Engine& engine = *made;
    session.use(std::move(made), {.make = [&engine]() -> std::unique_ptr<jit::KernelCompiler> {
                                    return std::make_unique<InterpretingCompiler>(engine);
                                  },
                                  .cache = hotpath::ProgramCache(folder_)});
    run(session);
    session.executor->compile_pool().wait_until_idle();
    return count_programs() - before;
  }
  [[nodiscard]] std::ptrdiff_t count_programs() const {
    return std::count_if(std::filesystem::directory_iterator(folder_),
                         std::filesystem::directory_iterator(),
                         [](const auto& entry) { return entry.path().extension() == ".gtp"; });
  }

  std::filesystem::path folder_;
};

}  // namespace gt::worker::testing

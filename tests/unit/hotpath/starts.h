// Starts of one program, under test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "tests/unit/hotpath/hot_session.h"
#include "tests/unit/hotpath/remembering_compiler.h"
#include "worker/hotpath/gain.h"

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
  /// programs were made that the folder had not. `after_kernel` is called after each kernel.
  template <class Run>
  std::ptrdiff_t start(Run&& run, std::function<void()> after_kernel = {}) {
    const std::ptrdiff_t programs = count_programs();
    const std::size_t modules = memory_.entries.size();
    HotSession session(auto_compile());
    auto made = make_native_engine({.memory_limit = std::size_t{1} << 30});
    Engine& engine = *made;
    const auto make = [&]() -> std::unique_ptr<jit::KernelCompiler> {
      auto compiler = std::make_unique<InterpretingCompiler>(engine);
      if (after_kernel) compiler->after = [&](std::span<const Value>) { after_kernel(); };
      return std::make_unique<RememberingCompiler>(std::move(compiler), memory_);
    };
    session.use(std::move(made), {.make = make, .cache = hotpath::ProgramCache(folder_)});
    run(session);
    session.executor->compile_pool().wait_until_idle();
    const std::ptrdiff_t added = count_programs() - programs;
    if (added == 0) {
      EXPECT_EQ(memory_.entries.size(), modules) << "what the folder has was made again";
    }
    return added;
  }
  [[nodiscard]] std::ptrdiff_t count_programs() const {
    return std::count_if(std::filesystem::directory_iterator(folder_),
                         std::filesystem::directory_iterator(),
                         [](const auto& entry) { return entry.path().extension() == ".gtp"; });
  }

  /// As if an earlier start had measured this of all programs.
  void note_gain(const hotpath::Gain& gain) const {
    constexpr int kThreads = 1;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() != ".gtp") continue;
      const std::string hex = entry.path().stem().string();
      const sequence::Hash128 key{std::stoull(hex.substr(0, 16), nullptr, 16),
                                  std::stoull(hex.substr(16), nullptr, 16)};
      ASSERT_EQ(sequence::to_hex(key), hex);
      hotpath::ProgramCache(folder_).store(hotpath::gain_key(key, kThreads),
                                           hotpath::to_objects(gain),
                                           hotpath::ProgramCache::Content::note);
    }
  }

  std::filesystem::path folder_;
  RememberedRequests memory_;
};

}  // namespace gt::worker::testing

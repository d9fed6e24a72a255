// What becomes of plugins whose files are not whole.
#include "worker/engine/plugin.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zmq.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "common/error.h"

namespace gt::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A folder of plugins with one, which is some library and so has no entry.
class PluginFile : public ::testing::Test {
 protected:
  PluginFile() {
    std::string name = (fs::temp_directory_path() / "gt-plugin-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    if (const char* path = std::getenv("GT_PLUGIN_PATH"); path != nullptr) before_ = path;
    setenv("GT_PLUGIN_PATH", folder_.c_str(), 1);
    Dl_info library{};
    EXPECT_NE(dladdr(reinterpret_cast<const void*>(&zmq_version), &library), 0);
    fs::copy_file(library.dli_fname, file());
  }
  ~PluginFile() override {
    if (before_)
      setenv("GT_PLUGIN_PATH", before_->c_str(), 1);
    else
      unsetenv("GT_PLUGIN_PATH");
    fs::remove_all(folder_);
  }

  [[nodiscard]] fs::path file() const { return folder_ / "cut.so"; }
  /// What is wrong with it.
  static std::string error() {
    try {
      std::string path;
      static_cast<void>(plugin_entry("cut", "gt_no_such_entry", path));
    } catch (const CommonError& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_;
  std::optional<std::string> before_;
};

/// The loader would map it whole, and a signal end the process at the first missing page.
TEST_F(PluginFile, CutShortAnywhereIsAnErrorThatNamesIt) {
  constexpr std::uintmax_t kHeader = 64, kSteps = 61;
  const std::uintmax_t whole = fs::file_size(file());
  for (std::uintmax_t step = kSteps; step > 0; --step) {
    const std::uintmax_t length = step == kSteps ? whole - 1 : whole * step / kSteps;
    fs::resize_file(file(), length);
    EXPECT_THAT(error(), AllOf(HasSubstr("cannot load the plugin " + file().string()),
                               HasSubstr("cut short: " + std::to_string(length) + " of ")));
  }
  for (std::uintmax_t length : {kHeader + 100, kHeader, kHeader - 1, std::uintmax_t{0}}) {
    fs::resize_file(file(), length);
    EXPECT_THAT(error(), HasSubstr("cannot load the plugin " + file().string()));
  }
}

TEST_F(PluginFile, ThatIsNoLibraryIsAnErrorThatNamesIt) {
  std::ofstream(file(), std::ios::trunc) << std::string(100000, 'x');
  EXPECT_THAT(error(), AllOf(HasSubstr(file().string()), HasSubstr("invalid ELF header")));
  fs::remove(file());
  EXPECT_THAT(error(), AllOf(HasSubstr(file().string()), HasSubstr("No such file")));
}

TEST_F(PluginFile, ThatIsWholeIsLoaded) {
  EXPECT_THAT(error(), HasSubstr("it has no entry gt_no_such_entry"));
}

}  // namespace
}  // namespace gt::worker

// Programs with GT_AUTO_COMPILE and its like: the same numbers, and what people are told.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>

#include "tests/integration/client_processes.h"
#include "tests/integration/process_harness.h"

namespace gt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// What the role wrote; it goes on until `enough(what it wrote so far)`.
std::string run(const std::string& role, Role::Environment environment,
                const std::function<bool(const std::string&)>& enough = {}) {
  std::string file;
  if (enough) {
    file = (fs::temp_directory_path() / "gt-enough-XXXXXX").string();
    file = fs::path(mkdtemp(file.data())) / "stop";
    environment.emplace_back("GT_TEST_STOP", file);
  }
  Role process("CompileRole.DISABLED_" + role, environment);
  if (enough) {
    EXPECT_TRUE(becomes_true([&] { return enough(process.output()); }, std::chrono::seconds(60)))
        << process.output();
    std::ofstream(file) << "stop";
  }
  EXPECT_EQ(process.wait(std::chrono::seconds(120)), 0) << process.output();
  if (enough) fs::remove_all(fs::path(file).parent_path());
  return process.output();
}

std::function<bool(const std::string&)> wrote(const std::string& text) {
  return [text](const std::string& output) { return output.find(text) != std::string::npos; };
}
constexpr const char* kComplete = "[COMPILE] Compilation complete";

/// The lines that begin so.
std::string lines_with(const std::string& output, const std::string& begin) {
  std::string lines;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(begin)) lines += line + "\n";
  return lines;
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "gt-compile-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

std::function<bool(const std::string&)> logged(const std::string& file, const std::string& text) {
  return [file, text](const std::string&) { return text_of(file).find(text) != std::string::npos; };
}

/// Only the native engine compiles.
void skip_without_native_engine() {
  const char* backend = std::getenv("GT_BACKEND");
  if (backend != nullptr && std::string(backend) != "default")
    GTEST_SKIP() << "the " << backend << " engine does not compile";
}

class NativeEngineTest : public ::testing::Test {
 protected:
  void SetUp() override { skip_without_native_engine(); }
};
class CompileOutput : public NativeEngineTest {};
class CompiledModule : public NativeEngineTest {};
class CompileLog : public NativeEngineTest {};
class CompileCache : public NativeEngineTest {};
class CompiledCode : public NativeEngineTest {};

class CompiledTraining : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { skip_without_native_engine(); }
};

TEST_P(CompiledTraining, G31_gives_the_losses_of_eager_training) {
  const Folder folder;
  const std::string eager = run(GetParam(), {});
  const std::string compiled = run(GetParam(),
                                   {{"GT_AUTO_COMPILE", "1"},
                                    {"GT_DEBUG_COMPILE", "1"},
                                    {"GT_INSTRUCTION_LOG", folder / "log"},
                                    {"GT_CACHE_DIR", folder / "cache"}},
                                   [&](const std::string& output) {
                                     return logged(folder / "log", "(COMPILED)")(output) ||
                                            logged(folder / "log", "| Dropped")(output);
                                   });
  EXPECT_THAT(lines_with(compiled, "loss"), StartsWith(lines_with(eager, "loss")));
  EXPECT_THAT(compiled, Not(HasSubstr("gave other results")));
}
INSTANTIATE_TEST_SUITE_P(Of, CompiledTraining,
                         ::testing::Values("TrainsAPerceptron", "TrainsANormalisedNetwork",
                                           "TrainsAConvolutionalNetwork", "PoolsLargePlanes",
                                           "TrainsWithBatchesOfThreeSizes",
                                           "ClassifiesBatchesOfThreeSizes"),
                         [](const auto& role) { return role.param; });

TEST_F(CompileOutput, G20_to_G25_are_printed_where_asked_for) {
  const Folder folder;
  const std::string output =
      run("TrainsAPerceptron",
          {{"GT_AUTO_COMPILE", "1"}, {"GT_DEBUG_COMPILE", "1"}, {"GT_CACHE_DIR", folder / "cache"}},
          wrote(kComplete));
  const auto matches = [&output](const char* line) {
    return std::regex_search(output, std::regex(line));
  };
  EXPECT_TRUE(
      matches(R"(\[COMPILE\] Detected hot sequence: .*addmm -> relu.* \(executed \d+ times\))"))
      << output;
  EXPECT_TRUE(matches(R"(Sequence hash: [0-9a-f]{12}\nExecution count: \d+\nStatus: HOT PATH ✓)"));
  EXPECT_TRUE(matches(R"(\[COMPILE\] Compiling sequence\.\.\.)"));
  EXPECT_TRUE(matches(R"(\[COMPILE\] Compilation complete \([0-9.]+s\))"));
}

TEST_F(CompileOutput, WithoutTheDebugSwitchNothingIsPrinted) {
  const Folder folder;
  const std::string output =
      run("TrainsAPerceptron", {{"GT_AUTO_COMPILE", "1"}, {"GT_CACHE_DIR", folder / "cache"}});
  EXPECT_THAT(output, Not(HasSubstr("COMPILE")));
}

TEST_F(CompileOutput, G3_the_debug_switch_alone_compiles_nothing) {
  const std::string output = run("TrainsAPerceptron", {{"GT_DEBUG_COMPILE", "1"}});
  EXPECT_THAT(output, Not(HasSubstr("[COMPILE]")));
}

TEST_F(CompileOutput, G2_every_sequence_is_compiled_where_asked_for) {
  const Folder folder;
  const std::string output =
      run("TrainsAPerceptron",
          {{"GT_COMPILE", "1"}, {"GT_DEBUG_COMPILE", "1"}, {"GT_CACHE_DIR", folder / "cache"}},
          wrote(kComplete));
  EXPECT_THAT(lines_with(output, "loss"),
              StartsWith(lines_with(run("TrainsAPerceptron", {}), "loss")));
}

/// A client that is held up sends batches that end elsewhere, and what is alive there can take one
/// more compilation: of a few starts one is enough that nothing disturbs.
TEST_F(CompileOutput, G40_a_hundred_epochs_of_one_size_are_compiled_once) {
  constexpr int kMostStarts = 4;
  const std::string once = "[COMPILE] Compiling sequence...\n";
  std::string output;
  for (int start = 0; start < kMostStarts && lines_with(output, "[COMPILE] Compiling") != once;
       ++start) {
    const Folder folder;
    output = run(
        "TrainsForAHundredEpochs",
        {{"GT_AUTO_COMPILE", "1"}, {"GT_DEBUG_COMPILE", "1"}, {"GT_CACHE_DIR", folder / "cache"}});
  }
  EXPECT_EQ(lines_with(output, "[COMPILE] Compiling"), once) << output;
  EXPECT_THAT(output, Not(HasSubstr("Recompiling")));
}

/// Beside other programs one for the first size may be dropped as no faster; then nothing is left
/// to be made more general, and another start is looked at.
TEST_F(CompileOutput, G41_and_G24_sizes_that_change_become_symbolic_and_the_line_says_so) {
  constexpr int kMostStarts = 5;
  const std::regex expected(
      R"(Recompiling sequence [0-9a-f]{12}: dimension 0 of operand \d of \w+ )"
      R"(was \d+, is \d+; from now on for any such size)");
  std::string output;
  for (int start = 0; start < kMostStarts && !std::regex_search(output, expected); ++start) {
    const Folder folder;
    output = run("TrainsWithBatchesOfThreeSizes",
                 {{"GT_AUTO_COMPILE", "1"},
                  {"GT_LOGS", "recompiles"},
                  {"GT_INSTRUCTION_LOG", folder / "log"},
                  {"GT_CACHE_DIR", folder / "cache"}},
                 [&](const std::string& text) {
                   return wrote("from now on for any such size")(text) ||
                          logged(folder / "log", "| Dropped")(text);
                 });
  }
  EXPECT_TRUE(std::regex_search(output, expected)) << output;
}

TEST_F(CompiledModule, G60_one_module_is_compiled_and_gives_the_losses_of_eager_training) {
  const Folder folder;
  const std::string compiled =
      run("TrainsInPartsOfWhichOneIsCompiled",
          {{"GT_DEBUG_COMPILE", "1"}, {"GT_CACHE_DIR", folder / "cache"}}, wrote(kComplete));
  EXPECT_THAT(compiled, HasSubstr("[COMPILE] Compiling sequence..."));
  EXPECT_THAT(lines_with(compiled, "loss"),
              StartsWith(lines_with(run("TrainsInParts", {}), "loss")));
}

TEST_F(CompiledModule, G58_kernels_are_tuned_and_give_the_losses_of_eager_training) {
  const Folder folder;
  const std::string tuned = run("TrainsInPartsOfWhichOneIsTuned",
                                {{"GT_DEBUG_COMPILE", "1"},
                                 {"GT_INSTRUCTION_LOG", folder / "log"},
                                 {"GT_CACHE_DIR", folder / "cache"}},
                                [&](const std::string& output) {
                                  return logged(folder / "log", "| Measured")(output) ||
                                         logged(folder / "log", "| Dropped")(output);
                                });
  EXPECT_THAT(tuned, HasSubstr("[COMPILE] Compiling sequence..."));
  EXPECT_THAT(tuned, Not(HasSubstr("gave other results")));
  EXPECT_THAT(lines_with(tuned, "loss"), StartsWith(lines_with(run("TrainsInParts", {}), "loss")));
}

TEST_F(CompiledModule, G60_parameters_keep_their_names) {
  const Folder folder;
  const std::string output =
      run("TrainsInPartsOfWhichOneIsCompiled", {{"GT_CACHE_DIR", folder / "cache"}});
  EXPECT_EQ(lines_with(output, "name"),
            "name 0.weight\nname 0.bias\nname 2.0.weight\nname 2.0.bias\nname 2.2.weight\n"
            "name 2.2.bias\nname 3.weight\nname 3.bias\n");
}

TEST_F(CompiledModule, G60_the_rest_carries_no_signal) {
  const Folder folder;
  run("TrainsInPartsOfWhichOneIsCompiled",
      {{"GT_INSTRUCTION_LOG", folder / "log"}, {"GT_CACHE_DIR", folder / "cache"}});
  const std::string log = text_of(folder / "log");
  EXPECT_TRUE(std::regex_search(log, std::regex("op=tanh [^\n]*signal=nn::compile:")));
  EXPECT_TRUE(std::regex_search(log, std::regex("op=tanh_backward [^\n]*signal=nn::compile:")));
  EXPECT_FALSE(std::regex_search(log, std::regex("op=softmax[^\n]*signal=")));
}

TEST_F(CompileLog, G63_to_G65_tell_of_compilations_and_of_what_runs_compiled) {
  const Folder folder;
  run("ChainsElements",
      {{"GT_AUTO_COMPILE", "1"},
       {"GT_INSTRUCTION_LOG", folder / "log"},
       {"GT_CACHE_DIR", folder / "cache"}},
      logged(folder / "log", "op=tanh (COMPILED)"));
  const std::string log = text_of(folder / "log");
  std::smatch starting;
  ASSERT_TRUE(std::regex_search(
      log, starting, std::regex(R"(COMPILE +\| WORKER +\| Starting +\| sequence=([0-9a-f]{12}))")));
  EXPECT_THAT(log, ::testing::ContainsRegex("Complete.*sequence=" + starting[1].str()));
  EXPECT_THAT(log, HasSubstr("op=tanh (COMPILED)"));
}

/// Every program in a folder with the number that the file system gave it: a new one if written
/// again.
std::map<std::string, ino_t> programs_of(const std::string& folder) {
  std::map<std::string, ino_t> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat status{};
    const bool is_program = entry.is_regular_file() && entry.path().extension() == ".gtp";
    if (is_program && stat(entry.path().c_str(), &status) == 0)
      files[entry.path().string()] = status.st_ino;
  }
  return files;
}

/// Others may have come: which sequences become hot depends on when there is time to compile.
void expect_kept(const std::map<std::string, ino_t>& files,
                 const std::map<std::string, ino_t>& afterwards) {
  for (const auto& [path, number] : files) {
    ASSERT_TRUE(afterwards.contains(path)) << path;
    EXPECT_EQ(afterwards.at(path), number) << path << " was written again";
  }
}

TEST_F(CompileCache, WhatWasCompiledIsNotCompiledAtTheNextStart) {
  const Folder folder;
  const Role::Environment environment = {
      {"GT_COMPILE", "1"}, {"GT_DEBUG_COMPILE", "1"}, {"GT_CACHE_DIR", folder / "cache"}};
  run("TrainsAPerceptron", environment, wrote(kComplete));
  const auto files = programs_of(folder / "cache");
  ASSERT_FALSE(files.empty());
  run("TrainsAPerceptron", environment, wrote(kComplete));
  expect_kept(files, programs_of(folder / "cache"));
}

/// A program that has been measured is tuned; others may not be, when the test has seen enough.
TEST_F(CompileCache, WhatWasTunedIsNotTunedAtTheNextStart) {
  const Folder folder;
  const auto train = [&](const std::string& log) {
    run("TrainsInPartsOfWhichOneIsTuned",
        {{"GT_INSTRUCTION_LOG", folder / log}, {"GT_CACHE_DIR", folder / "cache"}},
        [&](const std::string& output) {
          return logged(folder / log, "| Measured")(output) ||
                 logged(folder / log, "| Dropped")(output);
        });
  };
  train("first.log");
  const auto files = programs_of(folder / "cache");
  ASSERT_FALSE(files.empty());
  train("second.log");
  const auto afterwards = programs_of(folder / "cache");
  EXPECT_TRUE(std::any_of(files.begin(), files.end(), [&](const auto& file) {
    const auto found = afterwards.find(file.first);
    return found != afterwards.end() && found->second == file.second;
  }));
}

TEST_F(CompileCache, AFileInItsPlaceIsOneLineAndTheProgramGoesOn) {
  const Folder folder;
  std::ofstream(folder / "file") << "no folder";
  const std::string output =
      run("TrainsAPerceptron",
          {{"GT_COMPILE", "1"}, {"GT_DEBUG_COMPILE", "1"}, {"GT_CACHE_DIR", folder / "file"}},
          wrote(kComplete));
  EXPECT_THAT(lines_with(output, "gt worker: "),
              "gt worker: compiled programs are not kept on disk: " + (folder / "file") +
                  "/programs: Not a directory; GT_CACHE_DIR must name a folder that can be written "
                  "to\n");
  EXPECT_THAT(lines_with(output, "loss"),
              StartsWith(lines_with(run("TrainsAPerceptron", {}), "loss")));
}

TEST_F(CompileOutput, G47_a_compiler_that_is_cut_short_is_one_line_and_execution_stays_eager) {
  const Folder folder;
  const fs::path plugins = fs::read_symlink("/proc/self/exe").parent_path() / "../lib/gt";
  if (!fs::exists(plugins / "jit.so")) GTEST_SKIP() << "built without the compiler";
  fs::create_directory(folder / "plugins");
  for (const auto& plugin : fs::directory_iterator(plugins))
    fs::create_symlink(fs::canonical(plugin.path()),
                       folder / "plugins/" + plugin.path().filename().string());
  const std::string cut = folder / "plugins/jit.so";
  fs::remove(cut);
  fs::copy_file(plugins / "jit.so", cut);
  fs::resize_file(cut, fs::file_size(cut) / 2);
  const std::string output = run("TrainsAPerceptron",
                                 {{"GT_COMPILE", "1"},
                                  {"GT_PLUGIN_PATH", folder / "plugins"},
                                  {"GT_CACHE_DIR", folder / "cache"}},
                                 wrote("the sequence stays eager"));
  const std::string lines = lines_with(output, "gt");
  EXPECT_THAT(lines, HasSubstr("failed: cannot load the plugin " + cut));
  EXPECT_THAT(lines, HasSubstr("the file is cut short"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
  EXPECT_THAT(lines_with(output, "loss"),
              StartsWith(lines_with(run("TrainsAPerceptron", {}), "loss")));
}

TEST_F(CompileOutput, StatisticsOutliveTheSession) {
  const Folder folder;
  const std::string address = "ipc://" + (folder / "server");
  const GtProcess server({"server", "--address", address, "--instruction-log", folder / "log"});
  const GtProcess worker({"worker", "--connect", address}, {{"GT_CACHE_DIR", folder / "cache"}});
  ASSERT_TRUE(RawClient::wait_for_workers(address, 1));
  run("TrainsAPerceptron", {{"GT_ADDRESS", address}, {"GT_AUTO_COMPILE", "1"}},
      [&](const std::string& output) {
        return logged(folder / "log", "(COMPILED)")(output) ||
               logged(folder / "log", "| Dropped")(output);
      });
  nlohmann::json ended;
  EXPECT_TRUE(becomes_true([&] {
    const auto [status, output] =
        run_gt({"stats", "--address", address, "--interval", "0.01", "--json"});
    ended = nlohmann::json::parse(output)["ended"];
    return ended["compiled_executions"] > 0 || ended["dropped"] > 0;
  })) << ended;
  EXPECT_GE(ended["sessions"], 1);
  EXPECT_GE(ended["sequences"], 1);
}

TEST_F(CompiledCode, IsSavedForPeopleWhereAskedFor) {
  const Folder folder;
  run("TrainsAPerceptron",
      {{"GT_AUTO_COMPILE", "1"},
       {"GT_DEBUG_COMPILE", "1"},
       {"GT_SAVE_COMPILED_CODE", folder / "code"},
       {"GT_CACHE_DIR", folder / "cache"}},
      wrote(kComplete));
  std::map<std::string, int> kinds;
  for (const auto& entry : fs::directory_iterator(folder / "code"))
    ++kinds[entry.path().extension().string()];
  for (const char* kind : {".graph", ".dot", ".json", ".txt", ".listing", ".ll", ".s"})
    EXPECT_GE(kinds[kind], 1) << kind;
}

}  // namespace
}  // namespace gt::testing

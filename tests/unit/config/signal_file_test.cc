#include "common/config/signal_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/error.h"

namespace gt::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The only signal of the text.
Signal parse(const std::string& text) {
  const std::vector<Signal> signals = parse_signals(text, "config.yaml");
  EXPECT_EQ(signals.size(), 1u);
  return signals.empty() ? Signal{} : signals.front();
}

/// The message of the error that the text causes, or nothing.
std::string error_of(const std::string& text) {
  try {
    static_cast<void>(parse_signals(text, "config.yaml"));
  } catch (const CommonError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidArgument);
    return error.what();
  }
  return "";
}

TEST(SignalFile, G13ATopLevelKeyIsASignal) {
  const std::vector<Signal> signals = parse_signals("forward:\nbackward:\n", "config.yaml");
  ASSERT_EQ(signals.size(), 2u);
  EXPECT_EQ(signals[0].name, "forward");
  EXPECT_EQ(signals[1].name, "backward");
}

TEST(SignalFile, G14CompileIsNotAskedForWhereItIsAbsent) {
  EXPECT_EQ(parse("a:\n  shard: {axis: 0}\n").compile.enabled, std::nullopt);
}

TEST(SignalFile, G14CompileTrueAsksForIt) {
  EXPECT_EQ(parse("a:\n  compile: true\n").compile.enabled, true);
}

TEST(SignalFile, G51CompileFalseExcludesASection) {
  EXPECT_EQ(parse("a:\n  compile: false\n").compile.enabled, false);
}

TEST(SignalFile, G15ShardAxisAndG16Workers) {
  const Signal signal = parse("a:\n  shard:\n    axis: -1\n    workers: [2, 0]\n");
  ASSERT_TRUE(signal.shard);
  EXPECT_EQ(signal.shard->axis, -1);
  EXPECT_THAT(signal.shard->workers, ElementsAre(2u, 0u));
}

TEST(SignalFile, G17ShardAndCompileTogether) {
  const Signal signal = parse("a: {shard: {axis: 0}, compile: true, backward: b}");
  EXPECT_TRUE(signal.shard);
  EXPECT_EQ(signal.compile.enabled, true);
  EXPECT_EQ(signal.backward, "b");
}

TEST(SignalFile, ABlockOfCompileOptionsAsksForCompilation) {
  const Signal signal = parse(
      "a:\n  compile:\n    mode: max-autotune\n    passes: {fusion: false, dead_code: true}\n"
      "    exclude: [dropout]\n    dynamic: false\n");
  EXPECT_EQ(signal.compile.enabled, true);
  EXPECT_EQ(signal.compile.mode, CompileMode::max_autotune);
  EXPECT_THAT(signal.compile.disabled_passes, ElementsAre("fusion"));
  EXPECT_THAT(signal.compile.excluded_ops, ElementsAre("dropout"));
  EXPECT_EQ(signal.compile.dynamic, false);
}

TEST(SignalFile, APassThatDoesNotExistIsNamedWithItsPlaceAndTheNearestOne) {
  for (const char* set : {"false", "true"})
    EXPECT_THAT(error_of(std::string("a:\n  compile:\n    passes: {dead_code: false, fuison: ") +
                         set + "}\n"),
                AllOf(StartsWith("config.yaml:3:32: "), HasSubstr("'fuison'"),
                      HasSubstr("'fusion'"), HasSubstr("common_subexpressions")));
}

TEST(SignalFile, AKeyStandsOnce) {
  EXPECT_THAT(error_of("a:\n  compile: true\n  compile: false\n"),
              AllOf(StartsWith("config.yaml:3:3: "), HasSubstr("'compile' stands twice")));
  EXPECT_THAT(error_of("a:\n  compile: {mode: default, mode: default}\n"),
              StartsWith("config.yaml:2:28: 'mode' stands twice in compile"));
  EXPECT_THAT(error_of("a: {compile: {passes: {fusion: true, fusion: false}}}"),
              HasSubstr("'fusion' stands twice in compile.passes"));
}

TEST(SignalFile, AKeyWithoutAValueIsNamedWithItsPlace) {
  EXPECT_THAT(error_of("a:\n  shard:\n"), StartsWith("config.yaml:2:3: 'shard'"));
  EXPECT_THAT(error_of("a:\n  compile:\n    mode:\n"),
              AllOf(StartsWith("config.yaml:3:5: 'mode'"), HasSubstr("give it one")));
}

TEST(SignalFile, WhatMakesNoSenseIsNamedWithItsOwnPlace) {
  EXPECT_THAT(error_of("a:\n  compile:\n    exclude:\n      - relu\n      - dropuot\n"),
              StartsWith("config.yaml:5:9: signal 'a'"));
  EXPECT_THAT(error_of("a:\n  shard:\n    workers: [3, 1, 3]\n"), StartsWith("config.yaml:3:21: "));
  EXPECT_THAT(error_of("a:\n  shard:\n    axis: 8\n"), StartsWith("config.yaml:3:11: "));
  EXPECT_THAT(error_of("a:\n  backward: \"b\\n\"\n"), StartsWith("config.yaml:2:13: "));
}

TEST(SignalFile, AFileIsOneDocument) {
  EXPECT_THAT(error_of("a:\n  compile: true\n---\nb:\n  compile: true\n"),
              AllOf(StartsWith("config.yaml:4:1: "), HasSubstr("a second document")));
  EXPECT_EQ(error_of("---\na:\n  compile: true\n...\n"), "");
}

TEST(SignalFile, AQuoteWithoutAnEndIsNamedWithItsPlace) {
  const auto expected = [](const char* place) {
    return AllOf(StartsWith(std::string("config.yaml:") + place + ": "),
                 HasSubstr("the quote that begins here has no end"));
  };
  for (const char* end : {"", "\n", "\n\n", "\n...\n", "\n---\nb:\n"}) {
    SCOPED_TRACE(end);
    const std::string rest = end;
    EXPECT_THAT(error_of("a:\n  backward: \"b" + rest), expected("2:13"));
    EXPECT_THAT(error_of("a:\n  backward: 'it''s" + rest), expected("2:13"));
    EXPECT_THAT(error_of("a:\n  compile: \"true\n  shard: {axis: 0}" + rest), expected("2:12"));
    EXPECT_THAT(error_of("a:\n  compile: {exclude: [relu, \"dropout]}" + rest), expected("2:29"));
    EXPECT_THAT(error_of("\"a:\n  compile: true" + rest), expected("1:1"));
  }
  EXPECT_EQ(error_of("\"a\":\n  backward: 'b'"), "");
  EXPECT_EQ(error_of("a:  # \"no quote\n  backward: it's"), "");
}

TEST(SignalFile, ATabIsNamedAsWhatIsWrong) {
  EXPECT_THAT(error_of("a:\n\tcompile: true\n"),
              AllOf(StartsWith("config.yaml:2:"), HasSubstr("indented by spaces")));
}

TEST(SignalFile, AnEmptyFileNamesNoSignal) {
  EXPECT_TRUE(parse_signals("", "config.yaml").empty());
  EXPECT_TRUE(parse_signals("# nothing\n", "config.yaml").empty());
}

TEST(SignalFile, AnUnknownKeyIsNamedWithItsPlaceAndTheNearestOne) {
  EXPECT_THAT(error_of("a:\n  compile: true\n  shards: {axis: 0}\n"),
              AllOf(StartsWith("config.yaml:3:3: "), HasSubstr("'shards'"), HasSubstr("'shard'"),
                    HasSubstr("shard, compile, backward")));
}

TEST(SignalFile, AValueOfTheWrongTypeIsNamedWithItsPlace) {
  EXPECT_THAT(
      error_of("a:\n  compile: perhaps\n"),
      AllOf(StartsWith("config.yaml:2:12: "), HasSubstr("true or false"), HasSubstr("'perhaps'")));
}

TEST(SignalFile, AnUnknownModeTellsTheKnownOnes) {
  EXPECT_THAT(error_of("a:\n  compile: {mode: fast}\n"),
              AllOf(HasSubstr("default, reduce-overhead, max-autotune"), HasSubstr("'fast'")));
}

TEST(SignalFile, AWorkerNumberMustBeOne) {
  EXPECT_THAT(error_of("a:\n  shard:\n    workers: [0, -1]\n"),
              AllOf(StartsWith("config.yaml:3:18: "), HasSubstr("'-1'")));
}

TEST(SignalFile, AWorkerStandsOnce) {
  EXPECT_THAT(error_of("a:\n  shard: {workers: [3, 1, 3]}\n"), HasSubstr("worker 3 twice"));
}

TEST(SignalFile, AnAxisIsADimension) {
  EXPECT_THAT(error_of("a: {shard: {axis: 8}}"), HasSubstr("axis 8"));
}

TEST(SignalFile, AnExcludedOperationMustExist) {
  EXPECT_THAT(error_of("a: {compile: {exclude: [dropuot]}}"),
              AllOf(HasSubstr("'dropuot'"), HasSubstr("'dropout'")));
}

TEST(SignalFile, ASignalStandsOnce) {
  EXPECT_THAT(error_of("a:\nb:\na:\n"), AllOf(StartsWith("config.yaml:3:1: "), HasSubstr("'a'")));
}

TEST(SignalFile, WhatIsNoYamlIsNamedWithItsPlace) {
  EXPECT_THAT(error_of("a: [1\nb: 2\n"), StartsWith("config.yaml:2:"));
}

TEST(SignalFile, AFileThatIsAListIsRefused) {
  EXPECT_THAT(error_of("- a\n- b\n"), HasSubstr("a map from names of signals"));
}

TEST(SignalFile, ADeepNestingIsRefused) {
  EXPECT_NE(error_of("a: " + std::string(100'000, '[')), "");
}

TEST(SignalFile, AFileThatCannotBeReadIsNamed) {
  try {
    static_cast<void>(read_signals("/nowhere/signals.yaml"));
    FAIL();
  } catch (const CommonError& error) {
    EXPECT_THAT(error.what(), HasSubstr("GT_CONFIG=/nowhere/signals.yaml"));
  }
}

TEST(SignalFile, AFolderIsNoFile) {
  try {
    static_cast<void>(read_signals("configs"));
    FAIL();
  } catch (const CommonError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("GT_CONFIG=configs"), HasSubstr("directory")));
  }
}

TEST(SignalFile, TheShippedFilesAreRight) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("configs")) {
    SCOPED_TRACE(entry.path());
    EXPECT_FALSE(read_signals(entry.path()).empty());
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace gt::config

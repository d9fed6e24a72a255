#include "common/config/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error.h"

namespace gt::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Environment parse(std::vector<const char*> entries) { return Environment::parse(entries); }

/// The message of the error that the entries cause, or nothing.
std::string error_of(std::vector<const char*> entries) {
  try {
    static_cast<void>(Environment::parse(entries));
  } catch (const CommonError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidArgument);
    return error.what();
  }
  return "";
}

TEST(Environment, G1AutoCompileIsOffByDefault) {
  EXPECT_FALSE(parse({}).flag(Variable::auto_compile));
  EXPECT_TRUE(parse({"GT_AUTO_COMPILE=1"}).flag(Variable::auto_compile));
}

TEST(Environment, G6TorchLogsMeansGtLogs) {
  for (const char* entry :
       {"TORCH_LOGS=recompiles", "TORCH_LOGS=+recompiles", "TORCH_LOGS=graph_breaks,recompiles"})
    EXPECT_EQ(parse({entry}).text(Variable::logs), "recompiles") << entry;
}

TEST(Environment, OtherTorchLogsAreNotOurs) {
  EXPECT_FALSE(parse({"TORCH_LOGS=dynamo"}).is_set(Variable::logs));
}

TEST(Environment, G7MalformedValueNamesVariableValueAndAcceptedOnes) {
  EXPECT_THAT(error_of({"GT_AUTO_COMPILE=yes"}),
              AllOf(HasSubstr("GT_AUTO_COMPILE"), HasSubstr("yes"), HasSubstr("0|1")));
}

TEST(Environment, G7UnknownNameSuggestsTheNearest) {
  EXPECT_THAT(error_of({"GT_AUTOCOMPILE=1"}),
              AllOf(HasSubstr("GT_AUTOCOMPILE"), HasSubstr("did you mean GT_AUTO_COMPILE?")));
}

TEST(Environment, G7EveryRowRefusesWhatItDoesNotAccept) {
  for (const VariableRow& row : variable_table()) {
    if (row.type == VariableType::text) continue;
    const std::string entry = std::string(row.name) + "=@nonsense";
    EXPECT_THAT(error_of({entry.c_str()}),
                AllOf(HasSubstr(row.name), HasSubstr("@nonsense"), HasSubstr(row.accepted)));
  }
}

TEST(Environment, G8HotPathDefaults) {
  EXPECT_EQ(parse({}).count(Variable::hotpath_threshold), 10);
  EXPECT_EQ(parse({}).count(Variable::hotpath_min_seq), 3);
}

TEST(Environment, CountsBelowOneAreRefused) {
  EXPECT_THAT(error_of({"GT_WORKERS=0"}), HasSubstr("GT_WORKERS=0"));
}

TEST(Environment, EmptyValuesCountAsNotSet) {
  EXPECT_FALSE(parse({"GT_WORKERS="}).is_set(Variable::workers));
  EXPECT_EQ(parse({"GT_WORKERS="}).count(Variable::workers), 1);
}

TEST(Environment, TestVariablesArePassedOver) {
  EXPECT_EQ(error_of({"GT_TEST_SEED=abc", "PATH=/bin", "GTK_THEME=dark"}), "");
}

TEST(Environment, DurationsTakeFractions) {
  EXPECT_EQ(parse({}).duration(Variable::connect_timeout), std::chrono::seconds(30));
  EXPECT_EQ(parse({"GT_CONNECT_TIMEOUT=0.25"}).duration(Variable::connect_timeout),
            std::chrono::milliseconds(250));
}

TEST(Environment, OnlySessionVariablesTravelWithTheSession) {
  const auto settings =
      parse({"GT_COMPILE=1", "GT_WORKERS=3", "GT_CONFIG=a.yaml"}).session_settings();
  const std::vector<std::pair<std::string, std::string>> expected{{"GT_CONFIG", "a.yaml"},
                                                                  {"GT_COMPILE", "1"}};
  EXPECT_EQ(settings, expected);
}

TEST(ParseBytes, UnitsArePowersOf1024OrOf1000) {
  EXPECT_EQ(parse_bytes("8GiB"), std::uint64_t{8} << 30);
  EXPECT_EQ(parse_bytes("512M"), std::uint64_t{512} << 20);
  EXPECT_EQ(parse_bytes("1.5 KB"), 1500u);
  EXPECT_EQ(parse_bytes("1000000"), 1000000u);
}

TEST(ParseBytes, AnythingElseIsNothing) {
  for (const char* text : {"", "0", "-1", "GiB", "8XB", "8GiBs", "1e400", "nan"})
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
}

}  // namespace
}  // namespace gt::config

#include "scripts/gt/statistics_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gt::tool {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

protocol::Statistics with_programs() {
  protocol::SessionStatistics session;
  session.session = 3;
  session.sequences = 4;
  session.compiled = 2;
  session.dropped = 1;
  session.compiled_executions = 1500;
  session.eager_seconds = 3;
  session.compiled_seconds = 1.5;
  session.bytes_saved = 3 << 20;
  protocol::Statistics statistics;
  statistics.sessions.push_back(session);
  return statistics;
}

TEST(StatisticsReport, ShowsWhatProgramsHaveSaved) {
  const std::string table = statistics_table({}, with_programs(), 1);
  EXPECT_THAT(table, HasSubstr("3                  4         2        1      1.50 k       3.000"
                               "       1.500     2.0x    3.00 MiB\n"));
}

TEST(StatisticsReport, KeepsTheProgramsOfSessionsThatHaveEnded) {
  protocol::Statistics statistics;
  statistics.ended_sessions = 2;
  statistics.ended = with_programs().sessions[0];
  statistics.ended.session = 0;
  statistics.ended.instructions = 12345;
  const std::string table = statistics_table({}, statistics, 1);
  EXPECT_THAT(table, HasSubstr("\n2 sessions have ended: 12.3 k instructions"));
  EXPECT_THAT(table, HasSubstr("ended              4         2        1      1.50 k       3.000"
                               "       1.500     2.0x    3.00 MiB\n"));
  const auto ended = nlohmann::json::parse(statistics_json({}, statistics, 1))["ended"];
  EXPECT_EQ(ended["sessions"], 2);
  EXPECT_EQ(ended["instructions"], 12345);
  EXPECT_EQ(ended["compiled_executions"], 1500);
  EXPECT_EQ(ended["bytes_saved"], 3 << 20);
}

TEST(StatisticsReport, IsSilentAboutProgramsWhereThereAreNone) {
  protocol::Statistics statistics = with_programs();
  statistics.sessions[0].sequences = 0;
  EXPECT_THAT(statistics_table({}, statistics, 1), Not(HasSubstr("compiled")));
}

TEST(StatisticsReport, GivesScriptsTheNumbersOfPrograms) {
  const auto session =
      nlohmann::json::parse(statistics_json({}, with_programs(), 1))["sessions"][0];
  EXPECT_EQ(session["sequences"], 4);
  EXPECT_EQ(session["compiled"], 2);
  EXPECT_EQ(session["dropped"], 1);
  EXPECT_EQ(session["compiled_executions"], 1500);
  EXPECT_EQ(session["eager_seconds"], 3.0);
  EXPECT_EQ(session["compiled_seconds"], 1.5);
  EXPECT_EQ(session["bytes_saved"], 3 << 20);
}

}  // namespace
}  // namespace gt::tool

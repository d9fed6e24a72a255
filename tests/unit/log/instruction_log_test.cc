#include "common/log/instruction_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace gt::log {
namespace {

using ::testing::MatchesRegex;
using ::testing::SizeIs;

class InstructionLogTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  std::vector<std::string> lines() {
    std::vector<std::string> result;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) result.push_back(line);
    return result;
  }

  const std::string path_ = (std::filesystem::temp_directory_path() /
                             ("gt-instruction-log-" + std::to_string(::getpid())))
                                .string();
};

TEST_F(InstructionLogTest, PadsItsColumns) {
  {
    InstructionLog log(path_);
    log.add("RECV", "CLIENT", "BinaryOp", "op=matmul");
    log.add("COMPILE", "WORKER", "Starting", "sequence=abc");
    log.add("RECV", "CLIENT", "UnaryOp", "op=relu");
  }
  const auto written = lines();
  ASSERT_THAT(written, SizeIs(3));
  EXPECT_THAT(written[0],
              MatchesRegex(
                  "  0\\.0[0-9]+s \\| #0001 \\| RECV       \\| CLIENT \\| BinaryOp \\| op=matmul"));
  EXPECT_THAT(written[1], MatchesRegex(".*s \\| #0002 \\| COMPILE    \\| WORKER \\| Starting \\| "
                                       "sequence=abc"));
  EXPECT_THAT(written[2], MatchesRegex(".* \\| UnaryOp  \\| op=relu"));
}

TEST_F(InstructionLogTest, NumbersLinesOfAllThreadsWithoutGaps) {
  {
    InstructionLog log(path_);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) log.add("RECV", "CLIENT", "UnaryOp", "op=exp");
      });
    for (std::thread& thread : threads) thread.join();
  }
  const auto written = lines();
  ASSERT_THAT(written, SizeIs(2000));
  EXPECT_NE(written[0].find("#0001"), std::string::npos);
  EXPECT_NE(written[1999].find("#2000"), std::string::npos);
}

TEST_F(InstructionLogTest, TimesNeverFallFromLineToLine) {
  {
    InstructionLog log(path_);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) log.add("RECV", "CLIENT", "UnaryOp", "op=exp");
      });
    for (std::thread& thread : threads) thread.join();
  }
  std::vector<double> times;
  for (const std::string& line : lines()) times.push_back(std::stod(line));
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

TEST(InstructionLogFailure, AFileThatCannotBeOpenedCostsOneErrorLine) {
  ::testing::internal::CaptureStderr();
  {
    InstructionLog log("/nonexistent-folder/log");
    log.add("RECV", "CLIENT", "UnaryOp", "op=exp");
    log.add("RECV", "CLIENT", "UnaryOp", "op=exp");
  }
  const std::string error = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(error.find("/nonexistent-folder/log"), std::string::npos);
  EXPECT_EQ(error.find('\n'), error.size() - 1);
}

TEST(InstructionLogFailure, AFullDeviceCostsOneErrorLine) {
  ::testing::internal::CaptureStderr();
  {
    InstructionLog log("/dev/full");
    for (int i = 0; i < 3; ++i) log.add("RECV", "CLIENT", "UnaryOp", "op=exp");
  }
  const std::string error = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(error.find("/dev/full"), std::string::npos);
  EXPECT_EQ(error.find('\n'), error.size() - 1);
}

}  // namespace
}  // namespace gt::log

// A file system that takes nothing more costs the instruction log, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>

#include "tests/integration/process_harness.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr auto kPatience = 60s;

class FullDisk : public ::testing::Test {
 protected:
  void start(const std::string& log) {
    server_.emplace(
        std::vector<std::string>{"server", "--address", address_, "--instruction-log", log},
        GtProcess::Settings{}, true);
    worker_.emplace(std::vector<std::string>{"worker", "--connect", address_, "--threads", "1"},
                    GtProcess::Settings{}, true);
    ASSERT_TRUE(RawClient::wait_for_workers(address_, 1));
  }

  /// A program of many instructions gets its numbers.
  void expect_right_numbers() const {
    RawClient client(address_);
    ASSERT_TRUE(client.wait_for<protocol::ClientWelcome>(kPatience));
    StreamBuilder builder(InstructionForm::client);
    builder.full(0, {3}, 1.0);
    constexpr std::uint64_t kAdditions = 200;
    for (std::uint64_t k = 0; k < kAdditions; ++k)
      builder.add_tensors(0, Operand::tensor(k, 1), Operand::scalar(1.0));
    client.send(builder.fetch(Operand::tensor(kAdditions, 1), 70), kAdditions + 1);
    const auto reply = client.wait_for<protocol::FetchReply>(kPatience);
    ASSERT_TRUE(reply && !reply->failed);
    EXPECT_THAT(client.values_of(*reply), Each(kAdditions + 1.0F));
  }

  /// The server's one line, which names file and reason; it ends in order after that.
  void expect_one_line(const std::string& file, const std::string& reason) {
    server_->signal(SIGTERM);
    EXPECT_EQ(server_->wait(kPatience), 0);
    const std::string output = server_->output();
    EXPECT_THAT(output, HasSubstr(file));
    EXPECT_THAT(output, HasSubstr(reason));
    EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1) << output;
  }

  TemporaryFolder folder_;
  std::string address_ = "ipc://" + folder_.path("server");
  std::optional<GtProcess> server_;
  std::optional<GtProcess> worker_;
};

TEST_F(FullDisk, UnderTheInstructionLogCostsOneLineAndTheProgramGoesOn) {
  start("/dev/full");
  expect_right_numbers();
  expect_right_numbers();
  expect_one_line("/dev/full", "No space left on device");
}

TEST_F(FullDisk, AFileThatMayNotGrowCostsOneLineAndTheProgramGoesOn) {
  const std::string log = folder_.path("log");
  start(log);
  const rlimit limit{2048, 2048};
  ASSERT_EQ(prlimit(server_->pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  expect_right_numbers();
  expect_right_numbers();
  expect_one_line(log, "File too large");
}

}  // namespace
}  // namespace gt::testing

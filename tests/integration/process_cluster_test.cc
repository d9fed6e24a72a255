// A server and workers as processes, driven by protocol messages over ipc and tcp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/integration/process_harness.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// An operation, and what becomes of the loss of a worker, takes at most so long.
constexpr auto kPatience = 20s;

class ProcessCluster : public ::testing::TestWithParam<std::string> {
 protected:
  /// tcp on a port of this test process, or ipc in the folder.
  std::string make_address() const {
    if (GetParam() == "ipc") return "ipc://" + folder_.path("server");
    return "tcp://127.0.0.1:" + std::to_string(20000 + getpid() % 40000);
  }
  void start(int workers, std::vector<std::string> server_options = {}) {
    server_options.insert(server_options.begin(), {"server", "--address", address_});
    server_.emplace(server_options, GtProcess::Settings{}, true);
    for (int k = 0; k < workers; ++k) add_worker();
    ASSERT_TRUE(RawClient::wait_for_workers(address_, static_cast<std::uint32_t>(workers)));
  }
  void add_worker() {
    workers_.emplace_back(std::vector<std::string>{"worker", "--connect", address_, "--threads",
                                                   "1", "--memory-limit", "64MiB"},
                          GtProcess::Settings{}, true);
  }
  static std::optional<protocol::FetchReply> reply_to(RawClient& client) {
    return client.wait_for<protocol::FetchReply>(kPatience);
  }

  TemporaryFolder folder_;
  std::string address_ = make_address();
  std::optional<GtProcess> server_;
  std::vector<GtProcess> workers_;
  StreamBuilder builder_{InstructionForm::client};
};

INSTANTIATE_TEST_SUITE_P(Transports, ProcessCluster, ::testing::Values("ipc", "tcp"),
                         [](const auto& transport) { return transport.param; });

TEST_P(ProcessCluster, ComputesWhatAClientSends) {
  start(2);
  RawClient client(address_);
  ASSERT_TRUE(client.wait_for<protocol::ClientWelcome>(kPatience));
  builder_.full(0, {3}, 2.0).add_tensors(0, Operand::tensor(0, 1), Operand::scalar(0.5));
  client.send(builder_.fetch(Operand::tensor(1, 1), 70), 2);
  const auto reply = reply_to(client);
  ASSERT_TRUE(reply && !reply->failed);
  EXPECT_EQ(reply->request, 70u);
  EXPECT_THAT(client.values_of(*reply), ElementsAre(2.5f, 2.5f, 2.5f));
}

TEST_P(ProcessCluster, MovesTensorsToWhereOperandsMeet) {
  start(2, {"--placement", "spread"});
  RawClient client(address_);
  ASSERT_TRUE(client.wait_for<protocol::ClientWelcome>(kPatience));
  builder_.full(0, {300000}, 2.0).full(0, {300000}, 3.0);
  builder_.add_tensors(0, Operand::tensor(0, 1), Operand::tensor(1, 1));
  client.send(builder_.fetch(Operand::tensor(2, 1), 70), 3);
  const auto reply = reply_to(client);
  ASSERT_TRUE(reply && !reply->failed);
  const std::vector<float> values = client.values_of(*reply);
  EXPECT_THAT(values, SizeIs(300000));
  EXPECT_THAT(values, Each(5.0f));
}

TEST_P(ProcessCluster, UploadsAndFetchesInFrames) {
  start(1);
  RawClient client(address_);
  ASSERT_TRUE(client.wait_for<protocol::ClientWelcome>(kPatience));
  std::vector<float> values(700001);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k);
  const Shape shape{static_cast<std::int64_t>(values.size())};
  client.send(builder_.upload(0, shape, 5).fetch(Operand::tensor(0, 1), 70), 1);
  client.send_payload(5, values);
  const auto reply = reply_to(client);
  ASSERT_TRUE(reply && !reply->failed);
  EXPECT_EQ(client.values_of(*reply), values);
}

TEST_P(ProcessCluster, OutOfMemoryIsAnErrorAndTheSessionLivesOn) {
  start(1);
  RawClient client(address_);
  ASSERT_TRUE(client.wait_for<protocol::ClientWelcome>(kPatience));
  builder_.full(0, {std::int64_t{1} << 28}, 1.0).fetch(Operand::tensor(0, 1), 70);
  client.send(builder_.full(0, {1}, 4.0).fetch(Operand::tensor(1, 1), 71), 2);
  const auto failed = reply_to(client);
  ASSERT_TRUE(failed && failed->failed);
  EXPECT_EQ(failed->error.kind, ErrorKind::kOutOfMemory);
  EXPECT_EQ(failed->error.op, "full");
  const auto sound = reply_to(client);
  ASSERT_TRUE(sound && !sound->failed);
  EXPECT_THAT(client.values_of(*sound), ElementsAre(4.0f));
}

TEST_P(ProcessCluster, AKilledWorkerIsATypedErrorWithinItsHeartbeats) {
  start(1);
  RawClient client(address_);
  ASSERT_TRUE(client.wait_for<protocol::ClientWelcome>(kPatience));
  client.send(builder_.full(0, {1}, 4.0).fetch(Operand::tensor(0, 1), 70), 1);
  ASSERT_TRUE(reply_to(client));
  workers_[0].signal(SIGKILL);
  const auto killed = std::chrono::steady_clock::now();
  client.send(builder_.fetch(Operand::tensor(0, 1), 71), 0);
  const auto reply = reply_to(client);
  ASSERT_TRUE(reply && reply->failed);
  EXPECT_EQ(reply->error.kind, ErrorKind::kWorkerLost);
  EXPECT_LT(std::chrono::steady_clock::now() - killed, 8s);
}

TEST_P(ProcessCluster, AnotherProtocolVersionIsRefusedByName) {
  start(0);
  RawClient client(address_, protocol::kProtocolVersion + 1);
  const auto refusal = client.wait_for<protocol::Refusal>(kPatience);
  ASSERT_TRUE(refusal);
  EXPECT_THAT(refusal->message, HasSubstr(std::to_string(protocol::kProtocolVersion + 1)));
}

TEST_P(ProcessCluster, TheEndOfTheLifelineEndsEveryProcess) {
  start(2);
  server_->cut_lifeline();
  for (GtProcess& worker : workers_) worker.cut_lifeline();
  EXPECT_TRUE(server_->wait(kPatience));
  for (GtProcess& worker : workers_) EXPECT_TRUE(worker.wait(kPatience));
}

TEST_P(ProcessCluster, TerminationEndsEveryProcessInOrderAndInSilence) {
  start(2);
  for (GtProcess& worker : workers_) {
    worker.signal(SIGTERM);
    EXPECT_EQ(worker.wait(kPatience), 0);
    EXPECT_EQ(worker.output(), "");
  }
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(kPatience), 0);
  EXPECT_EQ(server_->output(), "");
}

TEST_P(ProcessCluster, AWorkerByHandJoinsTheNextServer) {
  GtProcess worker({"worker", "--connect", address_, "--threads", "1"});
  start(0);
  ASSERT_TRUE(RawClient::wait_for_workers(address_, 1));
  server_->signal(SIGKILL);
  ASSERT_TRUE(server_->wait(kPatience));
  server_.reset();
  start(0);
  EXPECT_TRUE(RawClient::wait_for_workers(address_, 1));
}

}  // namespace
}  // namespace gt::testing

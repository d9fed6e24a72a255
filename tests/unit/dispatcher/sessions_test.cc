// Who may talk to the dispatcher, and what one peer's mistakes mean to the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr PeerId kWorkerPeer = 1;
constexpr PeerId kClient = 10;
constexpr PeerId kOther = 11;

class Sessions : public ::testing::Test {
 protected:
  std::string refusal(PeerId peer) {
    const auto refusal = cluster_.inbox(peer).last<protocol::Refusal>();
    return refusal && cluster_.inbox(peer).is_dropped ? refusal->message : "";
  }

  Cluster cluster_;
};

TEST_F(Sessions, AClientIsWelcomedWithItsSessionAndCredit) {
  cluster_.connect_worker(kWorkerPeer);
  const auto session = cluster_.connect_client(kClient);
  const auto welcome = cluster_.inbox(kClient).last<protocol::ClientWelcome>();
  ASSERT_TRUE(welcome.has_value());
  EXPECT_NE(session, 0u);
  EXPECT_EQ(welcome->workers, 1u);
  EXPECT_EQ(welcome->credits, 32u);
  EXPECT_EQ(welcome->heartbeat_ms, 500u);
}

TEST_F(Sessions, SessionNumbersAreNotUsedAgain) {
  const auto first = cluster_.connect_client(kClient);
  cluster_.send(kClient, protocol::Goodbye{});
  EXPECT_NE(cluster_.connect_client(kOther), first);
}

TEST_F(Sessions, AnotherVersionIsRefusedNamingBoth) {
  protocol::ClientHello hello;
  hello.version = 77;
  cluster_.send(kClient, hello);
  EXPECT_THAT(refusal(kClient), HasSubstr("version 77"));
  EXPECT_THAT(refusal(kClient), HasSubstr("version " + std::to_string(protocol::kProtocolVersion)));
}

TEST_F(Sessions, AWrongSettingIsRefusedByName) {
  protocol::ClientHello hello;
  hello.settings = {{"GT_CONNECT_TIMEOUT", "soon"}};
  cluster_.send(kClient, hello);
  EXPECT_THAT(refusal(kClient), HasSubstr("GT_CONNECT_TIMEOUT"));
}

TEST_F(Sessions, TheFirstMessageHasToBeAHello) {
  cluster_.send(kClient, protocol::Heartbeat{});
  EXPECT_THAT(refusal(kClient), HasSubstr("StatisticsRequest, not Heartbeat"));
}

TEST_F(Sessions, MalformedBytesEndTheConnectionWithTheReason) {
  cluster_.connect_client(kClient);
  cluster_.apply(MalformedReceived{kClient, "garbage"});
  EXPECT_THAT(refusal(kClient), HasSubstr("garbage"));
  EXPECT_EQ(cluster_.core().session_count(), 0u);
}

TEST_F(Sessions, AClientMayNotSpeakAsAWorker) {
  cluster_.connect_client(kClient);
  cluster_.send(kClient, protocol::WorkerAcknowledgement{});
  EXPECT_THAT(refusal(kClient), HasSubstr("WorkerAcknowledgement"));
}

TEST_F(Sessions, ASessionCannotNameTheValuesOfAnother) {
  cluster_.connect_worker(kWorkerPeer);
  cluster_.connect_client(kClient);
  const auto other_session = cluster_.connect_client(kOther);
  LaneWriter writer;
  const ValueId value = writer.upload_inline({2});
  cluster_.send(kClient, writer.take());
  LaneWriter thief;
  thief.know(value, writer.meta(value));
  thief.fetch(value, 1);
  cluster_.send(kOther, thief.take());
  EXPECT_THAT(refusal(kOther), HasSubstr("does not have"));
  EXPECT_TRUE(cluster_.planned(kWorkerPeer, other_session).empty());
}

TEST_F(Sessions, AViolationEndsOneSessionAndLeavesOthersWorking) {
  cluster_.connect_worker(kWorkerPeer);
  cluster_.connect_client(kClient);
  const auto other_session = cluster_.connect_client(kOther);
  LaneWriter writer;
  writer.upload_inline({2});
  protocol::ClientBatch batch = writer.take();
  batch.sequence = 5;
  cluster_.send(kClient, std::move(batch));
  EXPECT_THAT(refusal(kClient), HasSubstr("expects batch 1"));
  EXPECT_EQ(cluster_.core().session_count(), 1u);
  LaneWriter healthy;
  healthy.fetch(healthy.upload_inline({2}), 1);
  cluster_.send(kOther, healthy.take());
  EXPECT_THAT(cluster_.planned_ops(kWorkerPeer, other_session), ElementsAre(Op::upload, Op::fetch));
}

TEST_F(Sessions, WorkersFreeASessionThatLeaves) {
  cluster_.connect_worker(kWorkerPeer);
  const auto session = cluster_.connect_client(kClient);
  LaneWriter writer;
  writer.upload_inline({2});
  cluster_.send(kClient, writer.take());
  cluster_.send(kClient, protocol::Goodbye{});
  const auto closed = cluster_.inbox(kWorkerPeer).last<protocol::SessionClosed>();
  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->session, session);
}

TEST_F(Sessions, WorkersFreeASessionWhoseClientDied) {
  cluster_.connect_worker(kWorkerPeer);
  cluster_.connect_client(kClient);
  LaneWriter writer;
  writer.upload_inline({2});
  cluster_.send(kClient, writer.take());
  cluster_.apply(PeerLost{kClient, "gone"});
  EXPECT_TRUE(cluster_.inbox(kWorkerPeer).last<protocol::SessionClosed>().has_value());
  EXPECT_EQ(cluster_.core().session_count(), 0u);
}

TEST_F(Sessions, AnAcknowledgementOfAClosedSessionIsNoMistake) {
  cluster_.connect_worker(kWorkerPeer);
  cluster_.connect_client(kClient);
  LaneWriter writer;
  writer.upload_inline({2});
  cluster_.send(kClient, writer.take());
  cluster_.send(kClient, protocol::Goodbye{});
  cluster_.acknowledge_all(kWorkerPeer);
  EXPECT_EQ(cluster_.core().worker_count(), 1u);
}

TEST_F(Sessions, SilentPeersAreLost) {
  cluster_.tick(0);
  cluster_.connect_worker(kWorkerPeer);
  cluster_.connect_client(kClient);
  for (std::uint64_t now = 100; now <= 3100; now += 100) {
    cluster_.tick(now);
    cluster_.send(kWorkerPeer, protocol::Heartbeat{});
  }
  EXPECT_EQ(cluster_.core().session_count(), 0u);
  EXPECT_EQ(cluster_.core().worker_count(), 1u);
}

TEST_F(Sessions, APauseOfTheDispatcherCountsAsNobodysSilence) {
  cluster_.tick(0);
  cluster_.connect_client(kClient);
  cluster_.tick(60'000);
  EXPECT_EQ(cluster_.core().session_count(), 1u);
}

TEST_F(Sessions, QuietPeersGetHeartbeats) {
  cluster_.tick(0);
  cluster_.connect_client(kClient);
  cluster_.tick(400);
  EXPECT_TRUE(cluster_.inbox(kClient).all<protocol::Heartbeat>().empty());
  cluster_.tick(500);
  EXPECT_EQ(cluster_.inbox(kClient).all<protocol::Heartbeat>().size(), 1u);
}

TEST_F(Sessions, EverybodyIsToldOfTheEnd) {
  cluster_.connect_worker(kWorkerPeer);
  cluster_.connect_client(kClient);
  cluster_.apply(ShutDown{"stopped"});
  EXPECT_EQ(refusal(kClient), "stopped");
  EXPECT_EQ(refusal(kWorkerPeer), "stopped");
}

TEST(InstructionLogLines, TellOfInstructionsAndPeers) {
  CoreOptions options;
  options.log_instructions = true;
  Cluster cluster(options);
  cluster.connect_worker(kWorkerPeer);
  cluster.connect_client(kClient);
  LaneWriter writer;
  const ValueId a = writer.upload_inline({2, 3});
  writer.add(a, a);
  cluster.send(kClient, writer.take());
  ASSERT_EQ(cluster.log().size(), 4u);
  EXPECT_EQ(cluster.log()[0].event, "CONNECT");
  EXPECT_EQ(cluster.log()[0].source, "WORKER");
  EXPECT_EQ(cluster.log()[1].source, "CLIENT");
  EXPECT_EQ(cluster.log()[3].event, "RECV");
  EXPECT_EQ(cluster.log()[3].command, "BinaryOp");
  EXPECT_EQ(cluster.log()[3].details,
            "op=add session=1 in=(0:0 float32[2, 3], 0:0 float32[2, 3]) out=(0:1 float32[2, 3])");
}

TEST_F(Sessions, AKindMayNotNameASignalThatWasNotDefined) {
  cluster_.connect_worker(kWorkerPeer);
  cluster_.connect_client(kClient);
  LaneWriter writer;
  writer.upload_inline({2});
  protocol::ClientBatch batch = writer.take();
  batch.kinds[0].kind.signal = 4;
  cluster_.send(kClient, std::move(batch));
  EXPECT_THAT(refusal(kClient), HasSubstr("signal 4"));
}

TEST_F(Sessions, ASignalMayNotChangeItsMeaning) {
  cluster_.connect_worker(kWorkerPeer);
  cluster_.connect_client(kClient);
  LaneWriter writer;
  for (const char* name : {"first", "second"}) {
    writer.upload_inline({2});
    protocol::ClientBatch batch = writer.take();
    batch.signals.push_back({1, {.name = name, .shard = {}, .compile = {}, .backward = {}}});
    cluster_.send(kClient, std::move(batch));
  }
  EXPECT_THAT(refusal(kClient), HasSubstr("signal 1 is defined twice"));
}

TEST(InstructionLogLines, NameTheSignal) {
  CoreOptions options;
  options.log_instructions = true;
  Cluster cluster(options);
  cluster.connect_worker(kWorkerPeer);
  cluster.connect_client(kClient);
  LaneWriter writer;
  writer.upload_inline({2});
  protocol::ClientBatch batch = writer.take();
  batch.signals.push_back(
      {1, {.name = "training_loop", .shard = {}, .compile = {}, .backward = {}}});
  batch.kinds[0].kind.signal = 1;
  cluster.send(kClient, std::move(batch));
  EXPECT_THAT(cluster.log().back().details, HasSubstr("signal=training_loop"));
}

}  // namespace
}  // namespace gt::dispatcher::testing

// Flow control: who is slow slows itself, and everything that waits goes on in the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr PeerId kWorkerPeer = 1;
constexpr PeerId kOtherWorker = 2;
constexpr PeerId kClient = 10;
constexpr PeerId kOther = 11;
/// Elements of a float32 value of 4000 bytes; with the overhead its reply counts 5024.
constexpr std::int64_t kElements = 1000;
constexpr std::uint64_t kReply = 4000 + protocol::kReplyOverheadBytes;

CoreOptions options_for_test() {
  CoreOptions options;
  options.upload_window = 10'000;
  options.reply_window = 12'000;
  options.max_early_payload_bytes = 5'000;
  return options;
}

class Flow : public ::testing::Test {
 protected:
  Flow() {
    cluster_.connect_worker(kWorkerPeer);
    session_ = cluster_.connect_client(kClient);
  }

  void flush(LaneWriter& writer, PeerId client = kClient) { cluster_.send(client, writer.take()); }
  void send_batches(LaneWriter& writer, int count, PeerId client = kClient) {
    for (int k = 0; k < count; ++k) {
      writer.upload_inline({1});
      flush(writer, client);
    }
  }
  void acknowledge(protocol::SessionId session, std::uint64_t executed) {
    cluster_.send(kWorkerPeer, protocol::WorkerAcknowledgement{{{session, executed}}, 0});
  }
  std::vector<std::uint64_t> sequences(protocol::SessionId session) {
    std::vector<std::uint64_t> found;
    for (const auto& batch : cluster_.inbox(kWorkerPeer).all<protocol::PlannedBatch>())
      if (batch.session == session) found.push_back(batch.sequence);
    return found;
  }
  std::uint64_t acknowledged(PeerId client, LaneId lane = 0) {
    std::uint64_t executed = 0;
    for (const auto& message : cluster_.inbox(client).all<protocol::Acknowledgement>())
      if (message.lane == lane) executed = message.executed;
    return executed;
  }
  std::size_t planned(Op op) {
    const std::vector<Op> ops = cluster_.planned_ops(kWorkerPeer, session_);
    return static_cast<std::size_t>(std::count(ops.begin(), ops.end(), op));
  }
  std::string refusal() {
    const auto refusal = cluster_.inbox(kClient).last<protocol::Refusal>();
    return refusal && cluster_.inbox(kClient).is_dropped ? refusal->message : "";
  }
  protocol::WorkerFetchReply reply(protocol::RequestId request) const {
    protocol::WorkerFetchReply message;
    message.session = session_;
    message.reply.request = request;
    message.reply.payload = request;
    message.reply.meta = {DType::kFloat32, {kElements}, {}};
    message.reply.is_inline = true;
    message.reply.bytes.resize(4000);
    return message;
  }

  Cluster cluster_{options_for_test()};
  protocol::SessionId session_ = 0;
  LaneWriter writer_;
};

TEST_F(Flow, AWorkerHasABoundedShareOfASessionsBatches) {
  send_batches(writer_, 40);
  EXPECT_THAT(sequences(session_), SizeIs(16));
  EXPECT_EQ(refusal(), "");
}

TEST_F(Flow, ASessionThatIsStuckHoldsNoOtherOfItsWorkerBack) {
  const auto other = cluster_.connect_client(kOther);
  send_batches(writer_, 40);
  LaneWriter quick;
  for (std::uint64_t round = 1; round <= 50; ++round) {
    send_batches(quick, 1, kOther);
    acknowledge(other, round);
    ASSERT_EQ(acknowledged(kOther), round);
  }
  EXPECT_EQ(acknowledged(kClient), 0u);
}

TEST_F(Flow, WhatWaitedGoesOnInOrderWhenTheWorkerHasRoom) {
  send_batches(writer_, 40);
  acknowledge(session_, 3);
  EXPECT_THAT(sequences(session_), SizeIs(19));
  EXPECT_EQ(acknowledged(kClient), 3u);
  for (std::uint64_t executed = 19; executed < 40; executed += 7) acknowledge(session_, executed);
  acknowledge(session_, 40);
  EXPECT_EQ(acknowledged(kClient), 40u);
  const std::vector<std::uint64_t> all = sequences(session_);
  ASSERT_THAT(all, SizeIs(40));
  for (std::size_t k = 0; k < all.size(); ++k) EXPECT_EQ(all[k], k + 1);
}

TEST_F(Flow, LanesMeetInTheQueueInTheOrderInWhichTheyCame) {
  send_batches(writer_, 20);
  const ValueId value = writer_.upload_inline({4});
  flush(writer_);
  LaneWriter second(1);
  second.know(value, writer_.meta(value));
  second.upload_inline({1});  // both lanes number this kind 0
  second.relu(value);
  flush(second);
  acknowledge(session_, 16);
  acknowledge(session_, 22);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(acknowledged(kClient, 1), 1u);
}

TEST_F(Flow, ASessionMayLeaveWhileItsBatchesWait) {
  send_batches(writer_, 40);
  cluster_.send(kClient, protocol::Goodbye{});
  EXPECT_EQ(cluster_.core().session_count(), 0u);
  acknowledge(session_, 16);
  EXPECT_THAT(sequences(session_), SizeIs(16));
}

TEST_F(Flow, ASessionWhoseSlowWorkerDiesGoesOnAtAnother) {
  cluster_.connect_worker(kOtherWorker);
  send_batches(writer_, 40);
  cluster_.apply(PeerLost{kWorkerPeer, "killed"});
  EXPECT_EQ(acknowledged(kClient), 16u) << "what was with the lost worker counts as executed";
  EXPECT_THAT(cluster_.planned(kOtherWorker, session_), SizeIs(16));
  cluster_.acknowledge_all(kOtherWorker);
  cluster_.acknowledge_all(kOtherWorker);
  EXPECT_EQ(acknowledged(kClient), 40u);
}

TEST_F(Flow, AMistakeInABatchThatWaitedEndsItsSessionAlone) {
  const auto other = cluster_.connect_client(kOther);
  send_batches(writer_, 16);
  writer_.know(make_value_id(0, 4711), {DType::kFloat32, {2}, {}});
  writer_.relu(make_value_id(0, 4711));
  flush(writer_);
  EXPECT_EQ(refusal(), "");
  acknowledge(session_, 1);
  EXPECT_THAT(refusal(), HasSubstr("does not have"));
  EXPECT_EQ(cluster_.core().worker_count(), 1u);
  LaneWriter quick;
  send_batches(quick, 1, kOther);
  acknowledge(other, 1);
  EXPECT_EQ(acknowledged(kOther), 1u);
}

TEST_F(Flow, FetchesWaitUntilThereIsRoomForTheirReplies) {
  const ValueId value = writer_.upload_inline({kElements});
  for (protocol::RequestId request = 1; request <= 5; ++request) writer_.fetch(value, request);
  flush(writer_);
  EXPECT_EQ(planned(Op::fetch), 2u);
  acknowledge(session_, 1);
  EXPECT_EQ(acknowledged(kClient), 0u) << "half a batch is not executed";
  cluster_.send(kWorkerPeer, reply(1));
  EXPECT_EQ(planned(Op::fetch), 2u) << "sent is not received";
  cluster_.send(kClient, protocol::RepliesReceived{kReply});
  EXPECT_EQ(planned(Op::fetch), 3u);
  cluster_.send(kWorkerPeer, reply(2));
  cluster_.send(kWorkerPeer, reply(3));
  cluster_.send(kClient, protocol::RepliesReceived{3 * kReply});
  EXPECT_EQ(planned(Op::fetch), 5u);
  cluster_.acknowledge_all(kWorkerPeer);
  EXPECT_EQ(acknowledged(kClient), 1u);
}

TEST_F(Flow, AClientThatNeverReadsRunsABoundedDistanceAhead) {
  const ValueId value = writer_.upload_inline({kElements});
  flush(writer_);
  std::uint64_t sent = 1;
  for (; refusal().empty() && sent < 1000; ++sent) {
    writer_.fetch(value, sent);
    flush(writer_);
    for (const auto& batch : cluster_.inbox(kWorkerPeer).all<protocol::PlannedBatch>())
      acknowledge(session_, batch.sequence);
  }
  EXPECT_EQ(planned(Op::fetch), 2u);
  EXPECT_LE(sent, 70u);
}

TEST_F(Flow, AReplyLargerThanTheWindowGoesAlone) {
  const ValueId value = writer_.upload({100'000}, 7);
  writer_.fetch(value, 1);
  writer_.fetch(value, 2);
  flush(writer_);
  EXPECT_EQ(planned(Op::fetch), 1u);
  protocol::WorkerFetchReply large = reply(1);
  large.reply.meta.shape = {100'000};
  large.reply.is_inline = false;
  large.reply.bytes.clear();
  cluster_.send(kWorkerPeer, large);
  cluster_.send_frame(kWorkerPeer, session_, 1, 0, 400'000, 400'000);
  cluster_.send(kClient, protocol::RepliesReceived{400'000 + protocol::kReplyOverheadBytes});
  EXPECT_EQ(planned(Op::fetch), 2u);
}

TEST_F(Flow, AFetchThatFailsGivesItsRoomBack) {
  const ValueId value = writer_.upload({100'000}, 7);
  writer_.fetch(value, 1);
  writer_.fetch(value, 2);
  flush(writer_);
  protocol::WorkerFetchReply failed;
  failed.session = session_;
  failed.reply.request = 1;
  failed.reply.failed = true;
  cluster_.send(kWorkerPeer, failed);
  EXPECT_EQ(planned(Op::fetch), 2u);
  cluster_.send(kClient, protocol::RepliesReceived{protocol::kReplyOverheadBytes});
  EXPECT_EQ(refusal(), "");
}

TEST_F(Flow, RepliesThatWereNotSentCannotBeConfirmed) {
  writer_.fetch(writer_.upload_inline({kElements}), 1);
  flush(writer_);
  cluster_.send(kClient, protocol::RepliesReceived{kReply + 1});
  EXPECT_THAT(refusal(), HasSubstr("confirmed"));
}

TEST_F(Flow, RepliesThatWereAskedForButNotSentCannotBeConfirmed) {
  writer_.fetch(writer_.upload_inline({kElements}), 1);
  flush(writer_);
  cluster_.send(kClient, protocol::RepliesReceived{kReply});
  EXPECT_THAT(refusal(), HasSubstr("confirmed"));
}

TEST_F(Flow, UploadsWaitUntilThoseBeforeThemAreExecuted) {
  for (protocol::PayloadId payload = 1; payload <= 5; ++payload)
    writer_.upload({kElements}, payload);
  flush(writer_);
  EXPECT_EQ(planned(Op::upload), 2u);
  acknowledge(session_, 1);
  EXPECT_EQ(planned(Op::upload), 4u);
  EXPECT_EQ(acknowledged(kClient), 0u);
  acknowledge(session_, 2);
  EXPECT_EQ(planned(Op::upload), 5u);
  acknowledge(session_, 3);
  EXPECT_EQ(acknowledged(kClient), 1u);
}

TEST_F(Flow, FramesOfAnUploadThatWaitsAreKept) {
  send_batches(writer_, 20);
  const ValueId value = writer_.upload({2000}, 7);
  flush(writer_);
  for (std::uint64_t offset = 0; offset < 8000; offset += 4000)
    cluster_.send_frame(kClient, session_, 7, offset, 8000, 4000);
  EXPECT_EQ(refusal(), "");
  acknowledge(session_, 16);
  EXPECT_THAT(cluster_.inbox(kWorkerPeer).frames, SizeIs(2));
  writer_.fetch(value, 1);
  flush(writer_);
  EXPECT_EQ(planned(Op::fetch), 1u);
}

TEST_F(Flow, UploadsThatWaitHoldNoFetchOfAnotherSessionBack) {
  for (protocol::PayloadId payload = 1; payload <= 5; ++payload)
    writer_.upload({kElements}, payload);
  flush(writer_);
  const auto other = cluster_.connect_client(kOther);
  LaneWriter quick;
  quick.fetch(quick.upload_inline({2}), 1);
  flush(quick, kOther);
  EXPECT_THAT(cluster_.planned_ops(kWorkerPeer, other), ElementsAre(Op::upload, Op::fetch));
}

TEST_F(Flow, ALongBatchLeavesOthersTheirTurn) {
  const auto other = cluster_.connect_client(kOther);
  const ValueId value = writer_.upload_inline({4});
  for (int k = 0; k < 3000; ++k) writer_.relu(value);
  cluster_.apply_one(MessageReceived{kClient, writer_.take()});
  EXPECT_THAT(sequences(session_), SizeIs(0));
  LaneWriter quick;
  quick.upload_inline({1});
  cluster_.apply_one(MessageReceived{kOther, quick.take()});
  EXPECT_THAT(sequences(other), SizeIs(1));
  cluster_.tick(1);
  EXPECT_THAT(sequences(session_), SizeIs(1)) << "one planned batch, however many turns";
  EXPECT_EQ(planned(Op::relu), 3000u);
}

TEST_F(Flow, SessionsWithLongBatchesTakeTurns) {
  const auto other = cluster_.connect_client(kOther);
  LaneWriter second;
  for (LaneWriter* writer : {&writer_, &second}) {
    const ValueId value = writer->upload_inline({4});
    for (int k = 0; k < 1500; ++k) writer->relu(value);
  }
  cluster_.apply_one(MessageReceived{kClient, writer_.take()});
  cluster_.apply_one(MessageReceived{kOther, second.take()});
  int turns = 0;
  for (; cluster_.core().has_more() && sequences(other).empty(); ++turns)
    cluster_.apply_one(Proceed{});
  EXPECT_EQ(turns, 4) << "two each";
}

TEST_F(Flow, AWorkerLostInTheMiddleOfABatchLosesWhatWasPlannedForIt) {
  cluster_.connect_worker(kOtherWorker);
  const ValueId value = writer_.upload({kElements}, 1);
  for (int k = 0; k < 1500; ++k) writer_.relu(value);
  writer_.fetch(value, 1);
  writer_.upload({kElements}, 2);
  writer_.upload({kElements}, 3);
  cluster_.apply_one(MessageReceived{kClient, writer_.take()});
  cluster_.apply(PeerLost{kWorkerPeer, "killed"});
  const auto reply = cluster_.inbox(kClient).last<protocol::FetchReply>();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->error.kind, ErrorKind::kWorkerLost);
  cluster_.acknowledge_all(kOtherWorker);
  EXPECT_EQ(acknowledged(kClient), 1u);
}

TEST_F(Flow, WhatAFullWindowStopsIsMarked) {
  const ValueId value = writer_.upload_inline({kElements});
  for (protocol::RequestId request = 1; request <= 3; ++request) writer_.fetch(value, request);
  flush(writer_);
  EXPECT_TRUE(cluster_.inbox(kWorkerPeer).last<protocol::PlannedBatch>()->mark);
}

}  // namespace
}  // namespace gt::dispatcher::testing

// Workers that come late, die, or never come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr PeerId kWorker0 = 1;
constexpr PeerId kWorker1 = 2;
constexpr PeerId kClient = 10;

class WorkerLoss : public ::testing::Test {
 protected:
  void start(int workers, Placement placement = Placement::home) {
    CoreOptions options;
    options.placement = placement;
    cluster_ = Cluster(options);
    cluster_.tick(0);
    for (int i = 0; i < workers; ++i) cluster_.connect_worker(kWorker0 + static_cast<PeerId>(i));
    session_ = cluster_.connect_client(kClient);
  }
  void flush() { cluster_.send(kClient, writer_.take()); }
  void lose(PeerId worker) { cluster_.apply(PeerLost{worker, "killed"}); }
  std::optional<protocol::ErrorRecord> fetch_error(protocol::RequestId request) {
    for (const auto& reply : cluster_.inbox(kClient).all<protocol::FetchReply>())
      if (reply.request == request && reply.failed) return reply.error;
    return std::nullopt;
  }
  std::uint64_t acknowledged() {
    const auto last = cluster_.inbox(kClient).last<protocol::Acknowledgement>();
    return last ? last->executed : 0;
  }

  Cluster cluster_;
  protocol::SessionId session_ = 0;
  LaneWriter writer_;
};

TEST_F(WorkerLoss, BatchesWaitForTheFirstWorker) {
  start(0);
  writer_.relu(writer_.upload_inline({2}));
  flush();
  EXPECT_EQ(acknowledged(), 0u);
  cluster_.connect_worker(kWorker0);
  EXPECT_THAT(cluster_.planned_ops(kWorker0, session_), ElementsAre(Op::upload, Op::relu));
}

TEST_F(WorkerLoss, PayloadsWaitForTheFirstWorkerToo) {
  start(0);
  writer_.upload({8}, 3);
  flush();
  cluster_.send_frame(kClient, session_, 3, 0, 32, 32);
  cluster_.connect_worker(kWorker0);
  EXPECT_THAT(cluster_.inbox(kWorker0).frames, SizeIs(1));
}

TEST_F(WorkerLoss, WithoutAnyWorkerFetchesFailAfterTheTimeOfTheSession) {
  cluster_.tick(0);
  protocol::ClientHello hello;
  hello.settings = {{"GT_CONNECT_TIMEOUT", "1.5"}};
  cluster_.send(kClient, hello);
  writer_.fetch(writer_.upload_inline({2}), 7);
  flush();
  cluster_.tick(500);
  cluster_.send(kClient, protocol::Heartbeat{});
  cluster_.tick(1000);
  cluster_.tick(1499);
  EXPECT_FALSE(fetch_error(7).has_value());
  cluster_.tick(1500);
  const auto error = fetch_error(7);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorKind::kTimeout);
  EXPECT_THAT(error->message, HasSubstr("1.500 s (GT_CONNECT_TIMEOUT)"));
  EXPECT_EQ(error->op, "upload");
  EXPECT_EQ(acknowledged(), 1u);
}

TEST_F(WorkerLoss, AfterTheTimeOutAWorkerStillHelps) {
  start(0);
  writer_.upload_inline({2});
  flush();
  for (std::uint64_t now = 0; now <= 30'000; now += 500) {
    cluster_.tick(now);
    cluster_.send(kClient, protocol::Heartbeat{});
  }
  cluster_.connect_worker(kWorker0);
  writer_.upload_inline({2});
  flush();
  EXPECT_THAT(cluster_.planned_ops(kWorker0, session_), ElementsAre(Op::upload));
}

TEST_F(WorkerLoss, APendingFetchFailsNamingTheWorkerAndTheValue) {
  start(2);
  const ValueId value = writer_.relu(writer_.upload_inline({2}));
  writer_.fetch(value, 7);
  flush();
  lose(kWorker0);
  const auto error = fetch_error(7);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorKind::kWorkerLost);
  EXPECT_THAT(error->message, HasSubstr("worker 0 (host:1) was lost: killed"));
  EXPECT_EQ(error->op, "relu");
  EXPECT_EQ(error->value, value);
  EXPECT_EQ(error->site, 5u);
}

TEST_F(WorkerLoss, AFetchWhoseBytesStopComingFails) {
  start(2);
  writer_.fetch(writer_.upload_inline({8}), 7);
  flush();
  protocol::FetchReply reply;
  reply.request = reply.payload = 7;
  reply.meta = {DType::kFloat32, {8}, {}};
  cluster_.send(kWorker0, protocol::WorkerFetchReply{session_, reply});
  cluster_.send_frame(kWorker0, session_, 7, 0, 32, 16);
  lose(kWorker0);
  const auto failure = cluster_.inbox(kClient).last<protocol::PayloadFailed>();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->payload, 7u);
  EXPECT_EQ(failure->error.kind, ErrorKind::kWorkerLost);
}

TEST_F(WorkerLoss, WhatIsComputedFromALostValueIsLostWithTheSameError) {
  start(2);
  const ValueId value = writer_.upload_inline({2});
  flush();
  lose(kWorker0);
  const ValueId derived = writer_.relu(value);
  writer_.fetch(derived, 7);
  flush();
  const auto error = fetch_error(7);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->value, value);
  EXPECT_THAT(error->message, HasSubstr("worker 0"));
  EXPECT_THAT(cluster_.planned_ops(kWorker1, session_), IsEmpty());
}

TEST_F(WorkerLoss, TheClientHearsOfTheOldestLostValue) {
  start(2);
  const ValueId first = writer_.upload_inline({2});
  writer_.relu(first);
  flush();
  lose(kWorker0);
  const auto reports = cluster_.inbox(kClient).all<protocol::ErrorReport>();
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].error.value, first);
}

TEST_F(WorkerLoss, TheSessionGoesOnWithANewHome) {
  start(2);
  writer_.upload_inline({2});
  flush();
  lose(kWorker0);
  writer_.fetch(writer_.upload_inline({2}), 7);
  flush();
  EXPECT_THAT(cluster_.planned_ops(kWorker1, session_), ElementsAre(Op::upload, Op::fetch));
}

TEST_F(WorkerLoss, BatchesOfTheLostWorkerCountAsExecuted) {
  start(2);
  writer_.upload_inline({2});
  flush();
  EXPECT_EQ(acknowledged(), 0u);
  lose(kWorker0);
  EXPECT_EQ(acknowledged(), 1u);
}

TEST_F(WorkerLoss, ACopyElsewhereSurvives) {
  start(2, Placement::spread);
  const ValueId row = writer_.upload_inline({8});
  const ValueId matrix = writer_.upload_inline({8, 8});
  writer_.add(row, matrix);
  flush();
  lose(kWorker0);
  writer_.fetch(row, 7);
  flush();
  EXPECT_FALSE(fetch_error(7).has_value());
  EXPECT_THAT(cluster_.planned_ops(kWorker1, session_),
              ElementsAre(Op::upload, Op::receive, Op::add, Op::fetch));
}

TEST_F(WorkerLoss, AWorkerThatWaitsForATransferIsToldThatItFails) {
  start(2, Placement::spread);
  const ValueId row = writer_.upload_inline({8});
  const ValueId matrix = writer_.upload_inline({8, 8});
  writer_.add(row, matrix);
  flush();
  const auto transfer = cluster_.planned(kWorker1, session_)[1].bindings[1];
  lose(kWorker0);
  const auto failure = cluster_.inbox(kWorker1).last<protocol::PayloadFailed>();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->session, session_);
  EXPECT_EQ(failure->payload, transfer);
  EXPECT_EQ(failure->error.kind, ErrorKind::kWorkerLost);
}

TEST_F(WorkerLoss, ATransferThatIsDoneDoesNotFail) {
  start(2, Placement::spread);
  const ValueId row = writer_.upload_inline({8});
  const ValueId matrix = writer_.upload_inline({8, 8});
  writer_.add(row, matrix);
  flush();
  cluster_.acknowledge_all(kWorker1);
  lose(kWorker0);
  EXPECT_FALSE(cluster_.inbox(kWorker1).last<protocol::PayloadFailed>().has_value());
}

TEST_F(WorkerLoss, LostMessagesBetweenWorkersFailTheTransferAndBothConnectAgain) {
  start(2, Placement::spread);
  const ValueId row = writer_.upload_inline({8});
  const ValueId matrix = writer_.upload_inline({8, 8});
  writer_.add(row, matrix);
  flush();
  const auto transfer = cluster_.planned(kWorker1, session_)[1].bindings[1];
  cluster_.send(kWorker1, protocol::WorkerAddress{0, "ipc:///worker-1"});
  const auto failure = cluster_.inbox(kWorker1).last<protocol::PayloadFailed>();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->payload, transfer);
  EXPECT_EQ(failure->error.kind, ErrorKind::kWorkerLost);
  EXPECT_THAT(cluster_.inbox(kWorker0).all<protocol::WorkerAddress>(), SizeIs(2));
  EXPECT_EQ(cluster_.inbox(kWorker0).last<protocol::WorkerAddress>()->worker, 1u);
  EXPECT_EQ(cluster_.inbox(kWorker1).last<protocol::WorkerAddress>()->worker, 0u);
}

TEST_F(WorkerLoss, LostMessagesOfAnUnknownWorkerChangeNothing) {
  start(2);
  cluster_.send(kWorker1, protocol::WorkerAddress{0, "ipc:///nobody"});
  EXPECT_THAT(cluster_.inbox(kWorker0).all<protocol::WorkerAddress>(), SizeIs(1));
  EXPECT_FALSE(cluster_.inbox(kWorker1).is_dropped);
}

TEST_F(WorkerLoss, AfterTheLastWorkerSourcesFailAtOnce) {
  start(1);
  lose(kWorker0);
  writer_.fetch(writer_.upload_inline({2}), 7);
  flush();
  const auto error = fetch_error(7);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorKind::kWorkerLost);
  EXPECT_THAT(error->message, HasSubstr("no worker is left"));
  cluster_.connect_worker(kWorker1);
  writer_.fetch(writer_.upload_inline({2}), 8);
  flush();
  EXPECT_THAT(cluster_.planned_ops(kWorker1, session_), ElementsAre(Op::upload, Op::fetch));
}

TEST_F(WorkerLoss, WorkersLearnOfEachOther) {
  start(2);
  const auto of_first = cluster_.inbox(kWorker1).last<protocol::WorkerAddress>();
  ASSERT_TRUE(of_first.has_value());
  EXPECT_EQ(of_first->worker, 0u);
  EXPECT_EQ(of_first->address, "ipc:///worker-1");
  EXPECT_EQ(cluster_.inbox(kWorker0).last<protocol::WorkerAddress>()->worker, 1u);
  lose(kWorker0);
  EXPECT_EQ(cluster_.inbox(kWorker1).last<protocol::WorkerAddress>()->address, "");
}

TEST_F(WorkerLoss, AWorkerNumberIsNotUsedAgain) {
  start(1);
  lose(kWorker0);
  EXPECT_EQ(cluster_.connect_worker(kWorker1), 1u);
}

TEST_F(WorkerLoss, FramesForALostWorkerAreThrownAway) {
  start(2);
  writer_.upload({8}, 3);
  flush();
  cluster_.send_frame(kClient, session_, 3, 0, 32, 16);
  lose(kWorker0);
  cluster_.send_frame(kClient, session_, 3, 16, 32, 16);
  EXPECT_THAT(cluster_.inbox(kWorker1).frames, IsEmpty());
  EXPECT_EQ(cluster_.core().session_count(), 1u);
}

}  // namespace
}  // namespace gt::dispatcher::testing

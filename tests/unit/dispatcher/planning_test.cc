// How instructions of a client become planned ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr PeerId kWorker0 = 1;
constexpr PeerId kWorker1 = 2;
constexpr PeerId kClient = 10;

CoreOptions spread() {
  CoreOptions options;
  options.placement = Placement::spread;
  return options;
}

class Planning : public ::testing::Test {
 protected:
  explicit Planning(CoreOptions options = {}) : cluster_(options) {
    cluster_.connect_worker(kWorker0);
    cluster_.connect_worker(kWorker1);
    session_ = cluster_.connect_client(kClient);
  }

  void flush(bool mark = false) { cluster_.send(kClient, writer_.take(mark)); }
  std::vector<Op> ops(PeerId worker) { return cluster_.planned_ops(worker, session_); }
  std::string refusal() {
    const auto refusal = cluster_.inbox(kClient).last<protocol::Refusal>();
    return refusal ? refusal->message : "";
  }
  std::uint64_t acknowledged() {
    const auto last = cluster_.inbox(kClient).last<protocol::Acknowledgement>();
    return last ? last->executed : 0;
  }

  Cluster cluster_;
  protocol::SessionId session_ = 0;
  LaneWriter writer_;
};

class SpreadPlanning : public Planning {
 protected:
  SpreadPlanning() : Planning(spread()) {}
};

TEST_F(Planning, OutputsGetExplicitIdsOnTheHomeWorker) {
  const ValueId a = writer_.upload_inline({2, 3});
  const ValueId b = writer_.add(a, a);
  flush();
  const auto planned = cluster_.planned(kWorker0, session_);
  ASSERT_THAT(planned, SizeIs(2));
  EXPECT_EQ(planned[0].first_output, a);
  EXPECT_EQ(planned[1].first_output, b);
  EXPECT_THAT(planned[1].operands, ElementsAre(a, a));
  EXPECT_THAT(cluster_.planned(kWorker1, session_), IsEmpty());
}

TEST_F(Planning, SessionsAreSpreadOverHomes) {
  const auto second = cluster_.connect_client(kClient + 1);
  LaneWriter writer;
  writer.upload_inline({2});
  cluster_.send(kClient + 1, writer.take());
  EXPECT_THAT(cluster_.planned_ops(kWorker1, second), ElementsAre(Op::upload));
}

TEST_F(Planning, AKindIsSentToAWorkerOnce) {
  const ValueId a = writer_.upload_inline({2});
  writer_.relu(a);
  flush();
  writer_.relu(a);
  flush();
  const auto batches = cluster_.inbox(kWorker0).all<protocol::PlannedBatch>();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_THAT(batches[0].kinds, SizeIs(2));
  EXPECT_THAT(batches[1].kinds, IsEmpty());
}

TEST_F(Planning, PlannedBatchesAreNumberedFromOne) {
  for (int i = 0; i < 3; ++i) {
    writer_.upload_inline({2});
    flush();
  }
  std::vector<std::uint64_t> sequences;
  for (const auto& batch : cluster_.inbox(kWorker0).all<protocol::PlannedBatch>())
    sequences.push_back(batch.sequence);
  EXPECT_THAT(sequences, ElementsAre(1, 2, 3));
}

TEST_F(Planning, InlinePayloadsTravelWithTheirInstruction) {
  writer_.upload_inline({4});
  flush();
  const auto batch = cluster_.inbox(kWorker0).last<protocol::PlannedBatch>();
  ASSERT_THAT(batch->payloads, SizeIs(1));
  EXPECT_THAT(batch->payloads[0].bytes, SizeIs(16));
}

TEST_F(Planning, DeathIsPassedOnToTheWorker) {
  const ValueId a = writer_.upload_inline({2});
  writer_.relu(a, {0});
  flush();
  EXPECT_THAT(cluster_.planned(kWorker0, session_)[1].dies, ElementsAre(true));
}

TEST_F(Planning, ADeadValueCannotBeUsed) {
  const ValueId a = writer_.upload_inline({2});
  writer_.relu(a, {0});
  writer_.relu(a);
  flush();
  EXPECT_THAT(refusal(), HasSubstr("does not have"));
}

TEST_F(Planning, AResultThatIsNeverNamedEndsWithItsInstruction) {
  const ValueId a = writer_.upload_inline({2});
  const ValueId dropped = writer_.relu(a);
  writer_.drop_results(1);
  writer_.relu(a);
  flush();
  const auto planned = cluster_.planned(kWorker0, session_);
  ASSERT_THAT(planned, SizeIs(3));
  EXPECT_THAT(planned[1].results_die, ElementsAre(true));
  EXPECT_THAT(planned[2].results_die, ElementsAre(false));
  writer_.relu(dropped);
  flush();
  EXPECT_THAT(refusal(), HasSubstr("names value 1 of lane 0, which this session does not have"));
}

TEST_F(Planning, AResultThatItsInstructionDoesNotMakeCannotEnd) {
  writer_.relu(writer_.upload_inline({2}));
  writer_.drop_results(2);
  flush();
  EXPECT_THAT(refusal(), HasSubstr("instruction relu ends a result that it does not make"));
}

TEST_F(Planning, AnOperandMayBeNamedTwiceAndDie) {
  const ValueId a = writer_.upload_inline({2});
  writer_.add(a, a, {0, 1});
  flush();
  EXPECT_THAT(cluster_.planned(kWorker0, session_)[1].dies, Each(true));
  EXPECT_EQ(refusal(), "");
}

TEST_F(Planning, OutputNumbersAreNotUsedAgain) {
  writer_.upload_inline({2});
  flush();
  writer_.upload_inline({2});
  protocol::ClientBatch batch = writer_.take();
  batch.first_output = 0;
  cluster_.send(kClient, std::move(batch));
  EXPECT_THAT(refusal(), HasSubstr("again"));
}

TEST_F(Planning, OnlyTheDispatcherPlansSends) {
  const ValueId a = writer_.upload_inline({2});
  writer_.call(Op::send, {a}, make_attributes(Op::send, 1, 1));
  flush();
  EXPECT_THAT(refusal(), HasSubstr("only the dispatcher"));
}

TEST_F(Planning, AKindMayBeDefinedAgainButNotDifferently) {
  writer_.upload_inline({2});
  protocol::ClientBatch batch = writer_.take();
  const auto kinds = batch.kinds;
  cluster_.send(kClient, std::move(batch));
  writer_.upload_inline({2});
  batch = writer_.take();
  batch.kinds = kinds;
  cluster_.send(kClient, batch);
  EXPECT_EQ(refusal(), "");
  writer_.upload_inline({2});
  batch = writer_.take();
  batch.kinds = kinds;
  batch.kinds[0].kind.signal = 9;
  batch.signals.push_back({9, {.name = "other", .shard = {}, .compile = {}, .backward = {}}});
  cluster_.send(kClient, batch);
  EXPECT_THAT(refusal(), HasSubstr("defined twice"));
}

TEST_F(Planning, ABatchIsExecutedWhenItsWorkerSaysSo) {
  writer_.upload_inline({2});
  flush();
  EXPECT_EQ(acknowledged(), 0u);
  cluster_.acknowledge_all(kWorker0);
  EXPECT_EQ(acknowledged(), 1u);
}

TEST_F(Planning, AcknowledgementsOfALaneAreBundled) {
  for (int i = 0; i < 5; ++i) {
    writer_.upload_inline({2});
    flush();
  }
  cluster_.acknowledge_all(kWorker0);
  EXPECT_THAT(cluster_.inbox(kClient).all<protocol::Acknowledgement>(), SizeIs(1));
  EXPECT_EQ(acknowledged(), 5u);
}

TEST_F(Planning, AnEmptyBatchIsExecutedAtOnce) {
  flush();
  EXPECT_EQ(acknowledged(), 1u);
}

TEST_F(Planning, AWorkerCannotAcknowledgeWhatItWasNotSent) {
  cluster_.send(kWorker0, protocol::WorkerAcknowledgement{{{session_, 1}}, 0});
  EXPECT_EQ(cluster_.core().worker_count(), 1u);
}

TEST_F(Planning, CreditBoundsWhatAClientHasOutstanding) {
  for (int i = 0; i < 64; ++i) {
    writer_.upload_inline({2});
    flush();
  }
  EXPECT_EQ(refusal(), "");
  flush();
  EXPECT_THAT(refusal(), HasSubstr("credit"));
}

TEST_F(Planning, MarksArePassedOn) {
  writer_.upload_inline({2});
  flush(true);
  EXPECT_TRUE(cluster_.inbox(kWorker0).last<protocol::PlannedBatch>()->mark);
}

TEST_F(Planning, LanesAreAcknowledgedApart) {
  LaneWriter second(1);
  writer_.upload_inline({2});
  flush();
  second.upload_inline({2});
  cluster_.send(kClient, second.take());
  cluster_.send(kWorker0, protocol::WorkerAcknowledgement{{{session_, 1}}, 0});
  EXPECT_EQ(cluster_.inbox(kClient).last<protocol::Acknowledgement>()->lane, 0);
  cluster_.send(kWorker0, protocol::WorkerAcknowledgement{{{session_, 2}}, 0});
  EXPECT_EQ(cluster_.inbox(kClient).last<protocol::Acknowledgement>()->lane, 1);
}

TEST_F(SpreadPlanning, OperandsMeetWhereTheLargestLives) {
  const ValueId row = writer_.upload_inline({8});
  const ValueId matrix = writer_.upload_inline({8, 8});
  const ValueId sum = writer_.add(row, matrix);
  flush();
  EXPECT_THAT(ops(kWorker0), ElementsAre(Op::upload, Op::send));
  EXPECT_THAT(ops(kWorker1), ElementsAre(Op::upload, Op::receive, Op::add));
  const Planned send = cluster_.planned(kWorker0, session_)[1];
  const Planned receive = cluster_.planned(kWorker1, session_)[1];
  EXPECT_THAT(send.operands, ElementsAre(row));
  EXPECT_EQ(send.bindings[1], 1u) << "the worker it goes to";
  EXPECT_EQ(receive.first_output, row);
  EXPECT_THAT(receive.bindings, ElementsAre(8, send.bindings[0]));
  EXPECT_NE(send.bindings[0] & protocol::kTransferBit, 0u);
  EXPECT_EQ(cluster_.planned(kWorker1, session_)[2].first_output, sum);
}

TEST_F(SpreadPlanning, OfEquallyLargeOperandsTheLowestWorkerWins) {
  const ValueId a = writer_.upload_inline({8});
  const ValueId b = writer_.upload_inline({8});
  writer_.add(b, a);
  flush();
  EXPECT_THAT(ops(kWorker0), ElementsAre(Op::upload, Op::receive, Op::add));
}

TEST_F(SpreadPlanning, ACopyIsUsedAgain) {
  const ValueId row = writer_.upload_inline({8});
  const ValueId matrix = writer_.upload_inline({8, 8});
  writer_.add(row, matrix);
  writer_.add(row, matrix);
  flush();
  EXPECT_THAT(ops(kWorker1), ElementsAre(Op::upload, Op::receive, Op::add, Op::add));
}

TEST_F(SpreadPlanning, DeathReachesEveryCopy) {
  const ValueId row = writer_.upload_inline({8});
  const ValueId matrix = writer_.upload_inline({8, 8});
  writer_.add(row, matrix, {0});
  flush();
  EXPECT_THAT(ops(kWorker0), ElementsAre(Op::upload, Op::send, Op::release));
  EXPECT_THAT(cluster_.planned(kWorker1, session_)[2].dies, ElementsAre(true, false));
}

TEST_F(SpreadPlanning, AReleaseReachesEveryCopy) {
  const ValueId row = writer_.upload_inline({8});
  const ValueId matrix = writer_.upload_inline({8, 8});
  writer_.add(row, matrix);
  writer_.release(row);
  flush();
  EXPECT_THAT(ops(kWorker0), ElementsAre(Op::upload, Op::send, Op::release));
  EXPECT_THAT(ops(kWorker1), ElementsAre(Op::upload, Op::receive, Op::add, Op::release));
}

TEST_F(SpreadPlanning, ABatchIsExecutedWhenAllItsWorkersSaySo) {
  writer_.upload_inline({8});
  writer_.upload_inline({8});
  flush();
  cluster_.acknowledge_all(kWorker1);
  EXPECT_EQ(acknowledged(), 0u);
  cluster_.acknowledge_all(kWorker0);
  EXPECT_EQ(acknowledged(), 1u);
}

TEST_F(SpreadPlanning, ABatchIsNotExecutedBeforeThoseBeforeIt) {
  writer_.upload_inline({8});
  flush();
  writer_.upload_inline({8});
  flush();
  cluster_.acknowledge_all(kWorker1);
  EXPECT_EQ(acknowledged(), 0u);
  cluster_.acknowledge_all(kWorker0);
  EXPECT_EQ(acknowledged(), 2u);
}

TEST_F(SpreadPlanning, AMarkReachesWorkersThatTheBatchDoesNotConcern) {
  writer_.upload_inline({8});
  const ValueId b = writer_.upload_inline({8});
  flush();
  writer_.fetch(b, 1);
  flush(true);
  const auto last = cluster_.inbox(kWorker0).last<protocol::PlannedBatch>();
  EXPECT_TRUE(last->mark);
  EXPECT_THAT(last->words, IsEmpty());
  flush(true);
  EXPECT_EQ(cluster_.inbox(kWorker0).last<protocol::PlannedBatch>()->sequence, last->sequence);
}

}  // namespace
}  // namespace gt::dispatcher::testing

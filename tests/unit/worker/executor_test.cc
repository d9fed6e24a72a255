#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/executor_testing.h"

namespace gt::worker {
namespace {

using testing::bytes_of;
using ::testing::ElementsAre;
using testing::ExecutorTest;
using testing::floats;
using testing::frame_of;
using ::testing::HasSubstr;
using testing::Operand;
using testing::StreamBuilder;

TEST_F(ExecutorTest, ComputesAndAnswersAFetchInline) {
  builder_.full(1, {3}, 2.0).full(2, {3}, 0.5);
  builder_.add_tensors(3, Operand::tensor(1, 1), Operand::tensor(2, 1));
  builder_.fetch(Operand::tensor(3, 1), 77);
  send(builder_);
  ASSERT_EQ(outbox_.replies.size(), 1u);
  const protocol::FetchReply& reply = outbox_.replies[0];
  EXPECT_EQ(reply.request, 77u);
  EXPECT_FALSE(reply.failed);
  EXPECT_EQ(reply.meta.shape, (Shape{3}));
  EXPECT_TRUE(reply.is_inline);
  EXPECT_THAT(floats(reply.bytes), ElementsAre(2.5f, 2.5f, 2.5f));
}

TEST_F(ExecutorTest, TakesNumbersFromTheWords) {
  builder_.full(1, {1}, 2.0).add_tensors(2, Operand::tensor(1, 1), Operand::scalar(0.25));
  send(builder_.fetch(Operand::tensor(2, 1), 1));
  EXPECT_THAT(floats(outbox_.replies.at(0).bytes), ElementsAre(2.25f));
}

TEST_F(ExecutorTest, SendsLargeFetchesAsPayloadOfTheRequest) {
  builder_.full(1, {2000}, 1.0).fetch(Operand::tensor(1, 1), 9);
  send(builder_);
  EXPECT_FALSE(outbox_.replies.at(0).is_inline);
  EXPECT_EQ(outbox_.payloads.at(0).payload, outbox_.replies[0].payload);
  EXPECT_EQ(outbox_.payloads[0].block->size(), 8000u);
}

TEST_F(ExecutorTest, ReleaseFreesMemory) {
  send(builder_.full(1, {100}, 1.0));
  EXPECT_EQ(engine_.allocator().bytes_in_use(), 400u);
  send(builder_.add(Op::release, 0, {Operand::tensor(1, 1)}, Attributes{}));
  EXPECT_EQ(engine_.allocator().bytes_in_use(), 0u);
}

TEST_F(ExecutorTest, DyingOperandsAreFreed) {
  builder_.full(1, {100}, 1.0).full(2, {100}, 1.0);
  builder_.add_tensors(3, Operand::tensor(1, 1), Operand::tensor(2, 1, true));
  send(builder_);
  EXPECT_EQ(executor_.live_values(1), 2u);
  EXPECT_EQ(engine_.allocator().bytes_in_use(), 800u);
}

TEST_F(ExecutorTest, DyingResultsAreFreed) {
  builder_.full(1, {100}, 1.0);
  builder_.add_tensors(2, Operand::tensor(1, 1), Operand::tensor(1, 1)).drop_result();
  send(builder_);
  EXPECT_EQ(executor_.live_values(1), 1u);
  EXPECT_EQ(engine_.allocator().bytes_in_use(), 400u);
}

TEST_F(ExecutorTest, AFailureIsReportedThoughItsResultDies) {
  builder_.full(1, {2}, 1.0);
  builder_.add_tensors(2, Operand::tensor(1, 1), Operand::tensor(9, 1)).drop_result();
  send(builder_);
  EXPECT_EQ(outbox_.reports.size(), 1u);
  EXPECT_EQ(executor_.live_values(1), 1u);
}

TEST_F(ExecutorTest, ADyingOperandMayBeOverwritten) {
  std::vector<bool> reusable;
  engine_.before = [&](const EngineCall& call) {
    for (const EngineOperand& operand : call.operands) reusable.push_back(operand.reusable);
  };
  builder_.full(1, {2}, 1.0).full(2, {2}, 1.0);
  builder_.add_tensors(3, Operand::tensor(1, 1, true), Operand::tensor(2, 1));
  send(builder_);
  EXPECT_THAT(reusable, ElementsAre(true, false));
}

TEST_F(ExecutorTest, AnOperandGivenTwiceIsNotOverwritten) {
  std::vector<bool> reusable;
  engine_.before = [&](const EngineCall& call) {
    for (const EngineOperand& operand : call.operands) reusable.push_back(operand.reusable);
  };
  builder_.full(1, {2}, 1.0);
  builder_.add_tensors(2, Operand::tensor(1, 1, true), Operand::tensor(1, 1, true));
  send(builder_);
  EXPECT_THAT(reusable, ElementsAre(false, false));
}

TEST_F(ExecutorTest, AFailureNamesOperationOperandsAndPlace) {
  engine_.before = [](const EngineCall& call) {
    if (call.row.op == Op::add) throw CommonError(ErrorKind::kValue, "not these values");
  };
  const ValueId first = make_value_id(4, 1);
  builder_.full(first, {2, 3}, 1.0);
  builder_.add_tensors(first + 1, Operand::tensor(first, 2), Operand::scalar(2.5), 31);
  send(builder_);
  ASSERT_EQ(outbox_.reports.size(), 1u);
  const protocol::ErrorRecord& error = outbox_.reports[0];
  EXPECT_EQ(error.kind, ErrorKind::kValue);
  EXPECT_EQ(error.op, "add");
  EXPECT_EQ(error.message, "not these values");
  EXPECT_THAT(error.operands, ElementsAre("float32[2, 3]", "2.5"));
  EXPECT_EQ(error.lane, 4);
  EXPECT_EQ(error.site, 31u);
  EXPECT_EQ(error.value, first + 1);
}

TEST_F(ExecutorTest, PoisonKeepsTheFirstErrorAndIsReportedOnce) {
  engine_.before = [](const EngineCall& call) {
    if (call.row.op == Op::add) throw std::runtime_error("broken");
  };
  builder_.full(1, {1}, 1.0).add_tensors(2, Operand::tensor(1, 1), Operand::scalar(1), 10);
  builder_.add_tensors(3, Operand::tensor(2, 1), Operand::tensor(1, 1), 20);
  builder_.fetch(Operand::tensor(3, 1), 5);
  send(builder_);
  EXPECT_EQ(outbox_.reports.size(), 1u);
  ASSERT_TRUE(outbox_.replies.at(0).failed);
  EXPECT_EQ(outbox_.replies[0].error.site, 10u);
  EXPECT_EQ(outbox_.replies[0].error.message, "broken");
}

TEST_F(ExecutorTest, ASessionGoesOnAfterAFailure) {
  engine_.before = [](const EngineCall& call) {
    if (call.row.op == Op::add) throw std::runtime_error("broken");
  };
  builder_.full(1, {1}, 4.0).add_tensors(2, Operand::tensor(1, 1), Operand::scalar(1));
  send(builder_.fetch(Operand::tensor(1, 1), 5));
  EXPECT_FALSE(outbox_.replies.at(0).failed);
  EXPECT_THAT(floats(outbox_.replies[0].bytes), ElementsAre(4.0f));
}

TEST_F(ExecutorTest, OutOfMemoryIsAnError) {
  builder_.full(1, {1 << 20}, 1.0).full(2, {2}, 1.0).fetch(Operand::tensor(2, 1), 5);
  send(builder_);
  EXPECT_EQ(outbox_.reports.at(0).kind, ErrorKind::kOutOfMemory);
  EXPECT_FALSE(outbox_.replies.at(0).failed);
}

TEST_F(ExecutorTest, AnUnknownOperandIsAnErrorOfItsInstruction) {
  builder_.add_tensors(2, Operand::tensor(999, 1), Operand::scalar(1));
  send(builder_);
  EXPECT_EQ(outbox_.reports.at(0).kind, ErrorKind::kInternal);
  EXPECT_THAT(outbox_.reports[0].message, HasSubstr("operand 0"));
}

TEST_F(ExecutorTest, WordsThatAreNoInstructionEndTheirBatchOnly) {
  builder_.words = {0xFFFFFF};
  send(builder_);
  EXPECT_EQ(outbox_.reports.at(0).kind, ErrorKind::kProtocol);
  send(builder_.full(1, {1}, 3.0).fetch(Operand::tensor(1, 1), 5));
  EXPECT_THAT(floats(outbox_.replies.at(0).bytes), ElementsAre(3.0f));
}

TEST_F(ExecutorTest, AnUploadWaitsForItsPayload) {
  send(builder_.upload(1, {2}, 50).fetch(Operand::tensor(1, 1), 5));
  EXPECT_TRUE(outbox_.replies.empty());
  EXPECT_TRUE(outbox_.acknowledgements.empty());
  executor_.add(frame_of({1, 50, 0, 8, bytes_of({3.0f, 4.0f})}));
  run();
  EXPECT_THAT(floats(outbox_.replies.at(0).bytes), ElementsAre(3.0f, 4.0f));
}

TEST_F(ExecutorTest, APayloadMayComeBeforeItsUpload) {
  executor_.add(frame_of({1, 50, 0, 4, bytes_of({3.0f})}));
  send(builder_.upload(1, {1}, 50).fetch(Operand::tensor(1, 1), 5));
  EXPECT_THAT(floats(outbox_.replies.at(0).bytes), ElementsAre(3.0f));
}

TEST_F(ExecutorTest, APayloadOfTheWrongSizeIsAnError) {
  executor_.add(frame_of({1, 50, 0, 4, bytes_of({3.0f})}));
  send(builder_.upload(1, {2}, 50));
  EXPECT_THAT(outbox_.reports.at(0).message, HasSubstr("8 bytes, but 4 came"));
}

TEST_F(ExecutorTest, AWaitingSessionDoesNotBlockAnother) {
  send(builder_.upload(1, {1}, 50), 1);
  StreamBuilder other{InstructionForm::planned};
  send(other.full(1, {1}, 6.0).fetch(Operand::tensor(1, 1), 8), 2);
  EXPECT_EQ(outbox_.replies.at(0).request, 8u);
}

TEST_F(ExecutorTest, SessionsHaveTheirOwnValues) {
  StreamBuilder other{InstructionForm::planned};
  send(builder_.full(1, {1}, 6.0), 1);
  send(other.full(1, {1}, 7.0), 2);
  send(builder_.fetch(Operand::tensor(1, 1), 8), 1);
  EXPECT_THAT(floats(outbox_.replies.at(0).bytes), ElementsAre(6.0f));
}

TEST_F(ExecutorTest, AFailedPayloadPoisonsWithTheSendersError) {
  protocol::ErrorRecord error;
  error.op = "matmul";
  error.kind = ErrorKind::kWorkerLost;
  executor_.add(protocol::PayloadFailed{1, 50, error});
  builder_.add(Op::receive, 1, {}, make_attributes(Op::receive, DType::kFloat32, Shape{1}, 50));
  send(builder_.fetch(Operand::tensor(1, 1), 5));
  ASSERT_TRUE(outbox_.replies.at(0).failed);
  EXPECT_EQ(outbox_.replies[0].error.op, "matmul");
  EXPECT_TRUE(outbox_.reports.empty());
}

TEST_F(ExecutorTest, SendHandsTheBytesToTheOtherWorker) {
  builder_.full(1, {2}, 1.5);
  builder_.add(Op::send, 0, {Operand::tensor(1, 1)}, make_attributes(Op::send, 60, 3));
  send(builder_);
  ASSERT_EQ(outbox_.transfers.size(), 1u);
  EXPECT_EQ(outbox_.transfers[0].first, 3u);
  EXPECT_EQ(outbox_.transfers[0].second.payload, 60u);
  EXPECT_THAT(floats(outbox_.transfers[0].second.block->bytes()), ElementsAre(1.5f, 1.5f));
}

TEST_F(ExecutorTest, SendOfAPoisonedValueSendsTheFailure) {
  engine_.before = [](const EngineCall&) { throw CommonError(ErrorKind::kValue, "bad"); };
  builder_.full(1, {2}, 1.5);
  builder_.add(Op::send, 0, {Operand::tensor(1, 1)}, make_attributes(Op::send, 60, 3));
  send(builder_);
  ASSERT_EQ(outbox_.failures.size(), 1u);
  EXPECT_EQ(outbox_.failures[0].second.payload, 60u);
  EXPECT_EQ(outbox_.failures[0].second.error.message, "bad");
}

TEST_F(ExecutorTest, ASessionThatWaitsHoldsNoAcknowledgementOfAnotherBack) {
  StreamBuilder waiting{InstructionForm::planned};
  send(waiting.upload(1, {1}, 50), 2);
  send(builder_.full(1, {1}, 1.0), 1);
  send(builder_.full(2, {1}, 1.0), 1);
  EXPECT_EQ(acknowledged(1), 2u);
  EXPECT_EQ(acknowledged(2), 0u);
  executor_.add(frame_of({2, 50, 0, 4, bytes_of({3.0f})}));
  run();
  EXPECT_EQ(acknowledged(2), 1u);
}

TEST_F(ExecutorTest, ABusyWorkerBundlesTheAcknowledgementsOfItsSessions) {
  StreamBuilder other{InstructionForm::planned};
  for (int batch = 0; batch < 2; ++batch) {
    enqueue(builder_.full(batch + 1, {1}, 1.0), 1);
    enqueue(other.full(batch + 1, {1}, 1.0), 2);
  }
  run();
  ASSERT_EQ(outbox_.acknowledgements.size(), 1u);
  EXPECT_EQ(outbox_.acknowledgements[0].sessions.size(), 2u);
  EXPECT_EQ(acknowledged(1), 2u);
  EXPECT_EQ(acknowledged(2), 2u);
}

TEST_F(ExecutorTest, ClosingASessionFreesItsValues) {
  send(builder_.full(1, {100}, 1.0).upload(2, {1}, 50));
  executor_.add(protocol::SessionClosed{1});
  run();
  EXPECT_EQ(executor_.session_count(), 0u);
  EXPECT_EQ(engine_.allocator().bytes_in_use(), 0u);
}

TEST_F(ExecutorTest, FramesForAClosedSessionAreDropped) {
  send(builder_.full(1, {1}, 1.0));
  executor_.add(protocol::SessionClosed{1});
  executor_.add(frame_of({1, 50, 0, 4, bytes_of({3.0f})}));
  EXPECT_EQ(executor_.session_count(), 0u);
}

TEST_F(ExecutorTest, PayloadsAloneAnnounceABoundedNumberOfSessions) {
  const auto announce = [this](protocol::SessionId id) {
    ASSERT_TRUE(executor_.may_announce(id)) << id;
    executor_.add(frame_of({id, 50, 0, 4, bytes_of({3.0f})}));
  };
  for (protocol::SessionId id = 1; id <= Executor::kMostAnnounced; ++id) announce(id);
  constexpr protocol::SessionId kNext = Executor::kMostAnnounced + 1;
  EXPECT_FALSE(executor_.may_announce(kNext));
  EXPECT_TRUE(executor_.may_announce(1));
  EXPECT_EQ(executor_.session_count(), Executor::kMostAnnounced);

  send(builder_.full(1, {1}, 1.0), 1);
  announce(kNext);
  EXPECT_FALSE(executor_.may_announce(kNext + 1));

  executor_.add(protocol::SessionClosed{2});
  EXPECT_TRUE(executor_.may_announce(2)) << "what comes for a closed session is dropped";
  announce(kNext + 1);
  EXPECT_FALSE(executor_.may_announce(kNext + 2));
}

TEST_F(ExecutorTest, ALongBatchIsCutSoThatOthersHaveTheirTurn) {
  Executor impatient(engine_, outbox_, std::chrono::microseconds(0));
  for (ValueId id = 1; id <= 50; ++id) builder_.full(id, {1}, 1.0);
  builder_.fetch(Operand::tensor(50, 1), 1);
  impatient.add(next_batch(builder_, 1));
  ASSERT_TRUE(impatient.step());
  StreamBuilder other{InstructionForm::planned};
  impatient.add(next_batch(other.full(1, {1}, 1.0).fetch(Operand::tensor(1, 1), 2), 2));
  while (impatient.step()) {
  }
  ASSERT_EQ(outbox_.replies.size(), 2u);
  EXPECT_EQ(outbox_.replies[0].request, 2u);
  EXPECT_EQ(acknowledged(1), 1u);
}

TEST_F(ExecutorTest, ASessionThatHadNothingToDoGoesBeforeABusyOne) {
  enqueue(builder_.full(1, {1}, 1.0), 1);
  for (protocol::RequestId request = 1; request <= 3; ++request)
    enqueue(builder_.fetch(Operand::tensor(1, 1), request), 1);
  ASSERT_TRUE(executor_.step());
  StreamBuilder other{InstructionForm::planned};
  enqueue(other.full(1, {1}, 1.0).fetch(Operand::tensor(1, 1), 9), 2);
  run();
  EXPECT_EQ(outbox_.replies.at(0).request, 9u);
}

TEST_F(ExecutorTest, SessionsThatKeepComingLeaveABusyOneEveryOtherTurn) {
  enqueue(builder_.full(1, {1}, 1.0), 1);
  for (protocol::RequestId request = 1; request <= 4; ++request)
    enqueue(builder_.fetch(Operand::tensor(1, 1), request), 1);
  ASSERT_TRUE(executor_.step());
  for (protocol::SessionId session = 2; session <= 9; ++session) {
    StreamBuilder other{InstructionForm::planned};
    enqueue(other.full(1, {1}, 1.0), session);
  }
  for (int turn = 0; turn < 8; ++turn) static_cast<void>(executor_.step());
  EXPECT_EQ(outbox_.replies.size(), 4u);
}

TEST_F(ExecutorTest, SessionsTakeTurnsBatchByBatch) {
  StreamBuilder other{InstructionForm::planned};
  enqueue(builder_.full(1, {1}, 1.0).fetch(Operand::tensor(1, 1), 1), 1);
  enqueue(builder_.fetch(Operand::tensor(1, 1), 2), 1);
  enqueue(other.full(1, {1}, 1.0).fetch(Operand::tensor(1, 1), 3), 2);
  run();
  std::vector<protocol::RequestId> order;
  for (const protocol::FetchReply& reply : outbox_.replies) order.push_back(reply.request);
  EXPECT_THAT(order, ElementsAre(1, 3, 2));
}

}  // namespace
}  // namespace gt::worker

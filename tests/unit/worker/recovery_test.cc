// Old values behind poison, and the row that brings them back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/executor_testing.h"

namespace gt::worker {
namespace {

using ::testing::Each;
using testing::floats;
using testing::Operand;

constexpr bool kDies = true;

/// Additions of -1 fail. Value 9 is poisoned, without a fallback.
class RecoveryTest : public testing::ExecutorTest {
 protected:
  void SetUp() override {
    engine_.before = [](const EngineCall& call) {
      if (call.row.op == Op::sum) throw CommonError(ErrorKind::kValue, "no sums");
      if (call.row.op == Op::add && call.operands[1].is_scalar &&
          call.operands[1].scalar.to_double() == -1)
        throw CommonError(ErrorKind::kValue, "no additions of -1");
    };
    builder_.full(8, {1}, 0.0);
    builder_.add(Op::sum, 9, {Operand::tensor(8, 1, kDies)},
                 make_attributes(Op::sum, Shape{0}, true, kNoDType));
    send(builder_);
  }

  void write(ValueId output, ValueId old, bool dies = kDies) {
    builder_.add_tensors(output, Operand::tensor(old, 1, dies), Operand::tensor(9, 1));
  }
  void recover(ValueId output, ValueId value, ValueId since, Shape shape = {100}) {
    builder_.add(Op::recover, output, {Operand::tensor(value, 1)},
                 make_attributes(Op::recover, shape, static_cast<std::int64_t>(since)));
  }
  void release(ValueId value) {
    builder_.add(Op::release, 0, {Operand::tensor(value, 1, kDies)}, {});
  }
  protocol::FetchReply fetched(ValueId value) {
    send(builder_.fetch(Operand::tensor(value, 1), 5));
    return outbox_.replies.back();
  }
  std::size_t bytes_in_use() { return engine_.allocator().bytes_in_use(); }
};

TEST_F(RecoveryTest, ASoundValueStaysAsItIs) {
  builder_.full(10, {100}, 3.0);
  recover(11, 10, 10);
  EXPECT_THAT(floats(fetched(11).bytes), Each(3.0f));
}

TEST_F(RecoveryTest, ASkippedWriteIsUndone) {
  builder_.full(10, {100}, 3.0);
  write(11, 10);
  recover(12, 11, 10);
  EXPECT_TRUE(fetched(11).failed);
  EXPECT_THAT(floats(fetched(12).bytes), Each(3.0f));
}

TEST_F(RecoveryTest, AFailedWriteIsUndone) {
  builder_.full(10, {100}, 3.0);
  builder_.add_tensors(11, Operand::tensor(10, 1, kDies), Operand::scalar(-1));
  recover(12, 11, 10);
  EXPECT_THAT(floats(fetched(12).bytes), Each(3.0f));
}

TEST_F(RecoveryTest, AChainOfWritesKeepsTheLastSoundValueAndNothingElse) {
  builder_.full(10, {100}, 3.0);
  builder_.add_tensors(11, Operand::tensor(10, 1, kDies), Operand::scalar(1));
  write(12, 11);
  write(13, 12);
  builder_.add_tensors(14, Operand::tensor(13, 1, kDies), Operand::scalar(1));
  send(builder_);
  EXPECT_EQ(bytes_in_use(), 400u);
  recover(15, 14, 10);
  EXPECT_THAT(floats(fetched(15).bytes), Each(4.0f));
}

TEST_F(RecoveryTest, AnOldValueThatEndsAfterTheWriteIsKeptToo) {
  builder_.full(10, {100}, 3.0);
  write(11, 10, false);
  release(10);
  recover(12, 11, 10);
  EXPECT_THAT(floats(fetched(12).bytes), Each(3.0f));
}

TEST_F(RecoveryTest, TheFallbackGoesWithItsPoisonedValue) {
  builder_.full(10, {100}, 3.0);
  write(11, 10);
  send(builder_);
  EXPECT_EQ(bytes_in_use(), 400u);
  release(11);
  send(builder_);
  EXPECT_EQ(bytes_in_use(), 0u);
}

TEST_F(RecoveryTest, AResultThatRewritesNothingKeepsNothing) {
  builder_.full(10, {100}, 3.0);
  builder_.add(Op::sum, 11, {Operand::tensor(10, 1, kDies)},
               make_attributes(Op::sum, Shape{0}, true, kNoDType));
  send(builder_);
  EXPECT_EQ(bytes_in_use(), 0u);
}

TEST_F(RecoveryTest, AFallbackIsNotOverwrittenByLaterWrites) {
  builder_.full(10, {100}, 3.0);
  write(11, 10);
  recover(12, 11, 10);
  builder_.add_tensors(13, Operand::tensor(12, 1, kDies), Operand::scalar(1));
  recover(14, 11, 10);
  EXPECT_THAT(floats(fetched(13).bytes), Each(4.0f));
  EXPECT_THAT(floats(fetched(14).bytes), Each(3.0f));
}

TEST_F(RecoveryTest, AValueFromBeforeTheTensorGotItsOwnIsNotTaken) {
  builder_.full(10, {100}, 3.0);
  write(11, 10);
  recover(12, 11, 11);
  EXPECT_TRUE(fetched(12).failed);
}

TEST_F(RecoveryTest, AValueOfAnotherLaneIsNotTaken) {
  builder_.full(10, {100}, 3.0);
  write(11, 10);
  recover(12, 11, make_value_id(1, 0));
  EXPECT_TRUE(fetched(12).failed);
}

TEST_F(RecoveryTest, AValueOfAnotherShapeIsNotTaken) {
  builder_.full(10, {1}, 3.0);
  write(11, 10);
  recover(12, 11, 10);
  EXPECT_TRUE(fetched(12).failed);
  EXPECT_EQ(outbox_.replies.back().error.message, "no sums");
}

TEST_F(RecoveryTest, PoisonThatStaysKeepsItsFallback) {
  builder_.full(10, {100}, 3.0);
  write(11, 10);
  recover(12, 11, 11);
  recover(13, 12, 10);
  EXPECT_THAT(floats(fetched(13).bytes), Each(3.0f));
}

TEST_F(RecoveryTest, AWriteThroughAViewIsUndone) {
  builder_.full(10, {100}, 3.0);
  builder_.add(Op::reshape, 11, {Operand::tensor(10, 1)},
               make_attributes(Op::reshape, Shape{50, 2}));
  builder_.add_tensors(12, Operand::tensor(11, 2, kDies), Operand::tensor(9, 1));
  builder_.add(Op::reshape, 13, {Operand::tensor(12, 2, kDies)},
               make_attributes(Op::reshape, Shape{100}));
  release(10);
  recover(14, 13, 10);
  EXPECT_THAT(floats(fetched(14).bytes), Each(3.0f));
}

TEST_F(RecoveryTest, AValueThatIsNotHereIsAnError) {
  recover(12, 999, 0);
  EXPECT_TRUE(fetched(12).failed);
  EXPECT_EQ(outbox_.reports.back().kind, ErrorKind::kInternal);
}

}  // namespace
}  // namespace gt::worker

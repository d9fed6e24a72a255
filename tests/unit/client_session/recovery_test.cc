// The recovery epoch: how tensors learn that an error was thrown.
#include <gmock/gmock.h>
#include <gt/error.h>
#include <gtest/gtest.h>

#include "tests/unit/client_session/fake_dispatcher.h"

namespace gt::client::testing {
namespace {

using ::testing::ElementsAre;

class RecoveryEpoch : public ::testing::Test {
 protected:
  void poison(const ValueRef& value) {
    protocol::FetchReply reply;
    reply.failed = true;
    reply.error = failure(ErrorKind::kIndex, value->id);
    dispatcher_.answer_fetch(value->id, reply);
  }

  FakeDispatcher dispatcher_;
  std::shared_ptr<Session> session_ = dispatcher_.open();
};

TEST_F(RecoveryEpoch, StaysWithoutErrors) {
  static_cast<void>(session_->fetch(make_source(*session_)));
  session_->synchronize();
  EXPECT_EQ(session_->recovery_epoch(), 0u);
}

TEST_F(RecoveryEpoch, RisesWithEveryReadThatThrows) {
  const ValueRef bad = make_source(*session_);
  poison(bad);
  EXPECT_THROW(static_cast<void>(session_->fetch(bad)), IndexError);
  EXPECT_EQ(session_->recovery_epoch(), 1u);
  EXPECT_THROW(static_cast<void>(session_->fetch(bad)), IndexError);
  EXPECT_EQ(session_->recovery_epoch(), 2u);
}

TEST_F(RecoveryEpoch, RisesWhenSynchronizeThrows) {
  const ValueRef bad = make_source(*session_);
  dispatcher_.send(protocol::ErrorReport{failure(ErrorKind::kIndex, bad->id)});
  // The answer to a fetch comes behind the report.
  static_cast<void>(session_->fetch(make_source(*session_)));
  EXPECT_EQ(session_->recovery_epoch(), 0u);
  EXPECT_THROW(session_->synchronize(), IndexError);
  EXPECT_EQ(session_->recovery_epoch(), 1u);
}

TEST_F(RecoveryEpoch, RecoverNamesTheValueAndTheOldestThatMayBeTaken) {
  const ValueRef first = make_source(*session_);
  ValueRef second = emit_op(*session_, Op::relu, {first});
  const ValueRef result = recover(second, first->id);
  const ValueId recovered = second->id;
  second.reset();
  static_cast<void>(session_->fetch(result));
  const SeenInstruction seen = dispatcher_.wait_for_count(4)[2];
  ASSERT_EQ(seen.op, Op::recover);
  EXPECT_THAT(seen.operands, ElementsAre(recovered));
  EXPECT_THAT(seen.dies, ElementsAre(true));
  EXPECT_THAT(seen.attributes.integers(row_of(Op::recover), 0), ElementsAre(2));
  EXPECT_EQ(static_cast<ValueId>(seen.attributes.integer(row_of(Op::recover), 1)), first->id);
}

}  // namespace
}  // namespace gt::client::testing

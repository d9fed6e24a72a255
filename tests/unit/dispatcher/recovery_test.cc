// `recover` is planned where its operand is, and hides nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr PeerId kWorker = 1;
constexpr PeerId kOther = 2;
constexpr PeerId kClient = 10;

class RecoveryPlanning : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_.tick(0);
    cluster_.connect_worker(kWorker);
    cluster_.connect_worker(kOther);
    session_ = cluster_.connect_client(kClient);
  }
  ValueId recover(ValueId value, const Shape& shape) {
    return writer_.call(Op::recover, {value}, make_attributes(Op::recover, shape, 0))[0];
  }
  void flush() { cluster_.send(kClient, writer_.take()); }

  Cluster cluster_;
  protocol::SessionId session_ = 0;
  LaneWriter writer_;
};

TEST_F(RecoveryPlanning, ComesToTheHolder) {
  recover(writer_.relu(writer_.upload_inline({2})), {2});
  flush();
  EXPECT_THAT(cluster_.planned_ops(kWorker, session_),
              ElementsAre(Op::upload, Op::relu, Op::recover));
}

TEST_F(RecoveryPlanning, AnotherShapeIsAViolation) {
  const ValueId value = writer_.upload_inline({2});
  // The writer infers as a client does, so the size is changed behind its back.
  recover(value, {2});
  protocol::ClientBatch batch = writer_.take();
  ASSERT_GE(batch.words.size(), 2u);
  ASSERT_EQ(batch.words[batch.words.size() - 2], 2u);
  batch.words[batch.words.size() - 2] = 3;
  cluster_.send(kClient, std::move(batch));
  const auto refusal = cluster_.inbox(kClient).last<protocol::Refusal>();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(refusal->message, HasSubstr("cannot be recovered with shape [3]"));
}

TEST_F(RecoveryPlanning, ALostValueStaysLostAndItsErrorNamesWhatMadeIt) {
  const ValueId value = writer_.relu(writer_.upload_inline({2}));
  const ValueId recovered = recover(value, {2});
  flush();
  cluster_.acknowledge_all(kWorker);
  cluster_.apply(PeerLost{kWorker, "killed"});
  writer_.fetch(recover(recovered, {2}), 7);
  flush();
  const auto reply = cluster_.inbox(kClient).last<protocol::FetchReply>();
  ASSERT_TRUE(reply.has_value() && reply->failed);
  EXPECT_EQ(reply->error.kind, ErrorKind::kWorkerLost);
  EXPECT_EQ(reply->error.op, "relu");
}

}  // namespace
}  // namespace gt::dispatcher::testing

// Tensors written in place, after an error was thrown.
#include <gmock/gmock.h>
#include <gt/functions.h>
#include <gtest/gtest.h>

#include "tests/unit/tensor/recording_sink.h"

namespace gt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Says when an error was thrown, and keeps what `recover` is asked for.
class FailingSink final : public testing::RecordingSink {
 public:
  [[nodiscard]] client::EmitResults emit(client::InferredCall& call,
                                         std::span<const client::EmitOperand> operands) override {
    if (call.row->op == Op::recover) {
      recovered.push_back(operands[0].record()->id);
      since.push_back(static_cast<ValueId>(call.attributes.integer(*call.row, 1)));
    }
    client::EmitResults results = RecordingSink::emit(call, operands);
    last = results.empty() ? kNoValue : results[0]->id;
    return results;
  }
  [[nodiscard]] std::uint64_t recovery_epoch() const noexcept override { return epoch; }

  std::uint64_t epoch = 0;
  ValueId last = 0;
  std::vector<ValueId> recovered;
  std::vector<ValueId> since;
};

class TensorRecovery : public ::testing::Test {
 protected:
  void SetUp() override { client::set_current_sink(sink_); }
  void TearDown() override { client::set_current_sink(nullptr); }

  std::shared_ptr<FailingSink> sink_ = std::make_shared<FailingSink>();
};

TEST_F(TensorRecovery, NothingIsRecoveredWithoutAnError) {
  const Tensor x = zeros({2});
  x.add_(1);
  static_cast<void>(x + 1);
  EXPECT_THAT(sink_->recovered, IsEmpty());
}

TEST_F(TensorRecovery, AWrittenTensorIsRecoveredOnceAfterAnError) {
  const Tensor x = zeros({2});
  const ValueId first = sink_->last;
  x.add_(1);
  const ValueId written = sink_->last;
  ++sink_->epoch;
  static_cast<void>(x + 1);
  static_cast<void>(x + 1);
  EXPECT_THAT(sink_->recovered, ElementsAre(written));
  EXPECT_THAT(sink_->since, ElementsAre(first));
  ++sink_->epoch;
  static_cast<void>(x + 1);
  EXPECT_EQ(sink_->recovered.size(), 2u);
}

TEST_F(TensorRecovery, WhatWasReadIsTheRecoveredValue) {
  const Tensor x = zeros({2});
  x.add_(1);
  ++sink_->epoch;
  static_cast<void>(x.neg());
  EXPECT_THAT(sink_->take_names(), ElementsAre("full", "add", "recover", "neg"));
  const auto& operands = sink_->operand_ids();
  EXPECT_EQ(operands.back()[0], sink_->last - 1);
}

TEST_F(TensorRecovery, ANextWriteRecoversFirst) {
  const Tensor x = zeros({2});
  x.add_(1);
  ++sink_->epoch;
  x.add_(1);
  EXPECT_THAT(sink_->take_names(), ElementsAre("full", "add", "recover", "add"));
}

TEST_F(TensorRecovery, AFetchRecoversFirst) {
  const Tensor x = zeros({2});
  x.add_(1);
  ++sink_->epoch;
  static_cast<void>(x.const_data_ptr<float>());
  EXPECT_EQ(sink_->recovered.size(), 1u);
}

TEST_F(TensorRecovery, ATensorThatWasNeverWrittenIsLeftAlone) {
  const Tensor x = zeros({2});
  ++sink_->epoch;
  static_cast<void>(x + 1);
  EXPECT_THAT(sink_->recovered, IsEmpty());
}

TEST_F(TensorRecovery, AWriteAfterTheErrorNeedsNoRecovery) {
  ++sink_->epoch;
  const Tensor x = zeros({2});
  x.add_(1);
  x.add_(1);
  EXPECT_THAT(sink_->recovered, IsEmpty());
}

TEST_F(TensorRecovery, ViewsAreTakenAgainFromTheRecoveredValue) {
  const Tensor x = zeros({2, 2});
  const Tensor row = x[0];
  x.add_(1);
  static_cast<void>(row.neg());
  ++sink_->epoch;
  static_cast<void>(sink_->take_names());
  static_cast<void>(row.neg());
  EXPECT_THAT(sink_->take_names(), ElementsAre("recover", "select", "neg"));
}

TEST_F(TensorRecovery, RecoveryIsNoWriteForAutograd) {
  const Tensor x = zeros({2});
  x.add_(1);
  const Tensor y = ones({2}).set_requires_grad(true) * x;
  ++sink_->epoch;
  static_cast<void>(x.neg());
  EXPECT_NO_THROW(y.sum().backward());
}

TEST_F(TensorRecovery, ACopiedValueIsTheOldestThatIsTaken) {
  const Tensor x = zeros({2});
  const Tensor source = ones({2}).neg();
  const ValueId copied = sink_->last;
  x.copy_(source);
  x.add_(1);
  ++sink_->epoch;
  static_cast<void>(x.neg());
  EXPECT_THAT(sink_->since, ElementsAre(copied));
}

TEST_F(TensorRecovery, AWriteOfAPartContinuesTheOldValue) {
  const Tensor x = zeros({2, 2});
  const ValueId first = sink_->last;
  x[0].copy_(ones({2}));
  ++sink_->epoch;
  static_cast<void>(x.neg());
  EXPECT_THAT(sink_->since, ElementsAre(first));
}

}  // namespace
}  // namespace gt

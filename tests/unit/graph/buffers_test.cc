#include "common/graph/memory/buffers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/memory/packing.h"

namespace gt::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TensorMeta floats(const Shape& shape) { return {DType::kFloat32, shape, {}}; }

class Buffers : public testing::Test {
 protected:
  ValueRef add(Op op, std::initializer_list<RecordedOperand> operands,
               const Attributes& attributes = {}) {
    return builder_.add_instruction(op, operands, attributes)[0];
  }
  BufferPlan plan() {
    graph_ = std::move(builder_).finish();
    fusion_ = plan_fusion(graph_);
    BufferPlan made = plan_buffers(graph_, fusion_);
    EXPECT_THAT(validate(graph_, fusion_, made), IsEmpty());
    return made;
  }
  const Placement& of(const BufferPlan& made, ValueRef value) const {
    return made.placements[graph_.value_index(value)];
  }

  GraphBuilder builder_;
  Graph graph_;
  FusionPlan fusion_;
};

TEST_F(Buffers, PutACarriedOutputWhereItsInputWas) {
  const ValueRef weight = builder_.add_input(floats({8, 4}), {.dies = true});
  const ValueRef gradient = builder_.add_input(floats({8, 4}));
  const ValueRef made = add(Op::sub, {weight, gradient}, make_attributes(Op::sub, ScalarValue(1)));
  builder_.carry(weight, made);
  const BufferPlan buffers = plan();
  EXPECT_EQ(of(buffers, made).kind, Placement::Kind::input);
  EXPECT_EQ(of(buffers, made).index, 0u);
  EXPECT_EQ(buffers.output_bytes + buffers.piece_bytes, 0);
}

TEST_F(Buffers, WithoutReuseEveryValueHasMemoryOfItsOwn) {
  const ValueRef weight = builder_.add_input(floats({8, 4}), {.dies = true});
  const ValueRef gradient = builder_.add_input(floats({8, 4}));
  const ValueRef updated =
      add(Op::sub, {weight, gradient}, make_attributes(Op::sub, ScalarValue(1)));
  builder_.carry(weight, updated);
  graph_ = std::move(builder_).finish();
  const MemoryPlan made = plan_within(graph_, 0, {}, {.usable_inputs = {}, .reuses = false});
  EXPECT_THAT(validate(graph_, made.fusion, made.buffers), IsEmpty());
  EXPECT_EQ(of(made.buffers, updated).kind, Placement::Kind::output);
}

TEST_F(Buffers, KeepACarriedInputThatIsReadLater) {
  const ValueRef weight = builder_.add_input(floats({4, 4}), {.dies = true});
  const ValueRef made = add(Op::neg, {weight});
  const ValueRef product = add(Op::mm, {made, weight});
  builder_.carry(weight, made);
  builder_.mark_output(product);
  EXPECT_EQ(of(plan(), made).kind, Placement::Kind::output);
}

TEST_F(Buffers, KeepAnInputThatLives) {
  const ValueRef weight = builder_.add_input(floats({8, 4}));
  const ValueRef made = add(Op::neg, {weight});
  builder_.mark_output(made);
  EXPECT_EQ(of(plan(), made).kind, Placement::Kind::output);
}

TEST_F(Buffers, NeverOverwriteWhatIsReadAsAView) {
  const ValueRef x = builder_.add_input(floats({4, 4}), {.dies = true});
  const ValueRef turned = add(Op::permute, {x}, make_attributes(Op::permute, Shape{1, 0}));
  const ValueRef made = add(Op::mul, {x, turned});
  builder_.mark_output(made);
  EXPECT_EQ(of(plan(), made).kind, Placement::Kind::output);
}

TEST_F(Buffers, KeepWhatAReshapedValueMayLieIn) {
  const ValueRef x = builder_.add_input(floats({4, 4}));
  const ValueRef first = add(Op::mm, {x, x});
  const ValueRef part = add(Op::slice, {first}, make_attributes(Op::slice, 1, 0, 2, 1));
  const ValueRef reshaped = add(Op::reshape, {part}, make_attributes(Op::reshape, Shape{4, 2, 1}));
  const ValueRef second = add(Op::mm, {x, x});
  const ValueRef third = add(Op::mm, {second, x});
  builder_.mark_output(add(Op::mm, {third, x}));
  builder_.mark_output(add(Op::neg, {reshaped}));
  const BufferPlan made = plan();
  for (ValueRef later : {second, third})
    EXPECT_FALSE(of(made, later).kind == of(made, first).kind &&
                 of(made, later).offset == of(made, first).offset);
}

TEST_F(Buffers, PutValuesThatFollowEachOtherInOnePlace) {
  const ValueRef x = builder_.add_input(floats({4, 4}));
  ValueRef value = x;
  for (int i = 0; i < 6; ++i) value = add(Op::mm, {value, x});
  builder_.mark_output(add(Op::sum, {value}, make_attributes(Op::sum, Shape{0}, false, kNoDType)));
  EXPECT_EQ(plan().piece_bytes, 2 * 64);
}

TEST_F(Buffers, PutTemporariesWhereOutputsAreStillToCome) {
  const ValueRef x = builder_.add_input(floats({4, 4}));
  const ValueRef first = add(Op::mm, {x, x});
  const ValueRef second = add(Op::mm, {first, x});
  const ValueRef last = add(Op::mm, {second, x});
  builder_.mark_output(last);
  const BufferPlan made = plan();
  EXPECT_EQ(of(made, first).kind, Placement::Kind::output);
  EXPECT_EQ(made.piece_bytes, 64);
}

TEST_F(Buffers, LeaveFusedValuesOutOfMemory) {
  const ValueRef x = builder_.add_input(floats({8, 4}));
  const ValueRef inner = add(Op::exp, {x});
  builder_.mark_output(add(Op::neg, {inner}));
  EXPECT_EQ(of(plan(), inner).kind, Placement::Kind::none);
}

TEST_F(Buffers, KeepWhatAnOutputIsAViewOf) {
  const ValueRef x = builder_.add_input(floats({8, 4}));
  const ValueRef made = add(Op::exp, {x});
  builder_.mark_output(add(Op::reshape, {made}, make_attributes(Op::reshape, Shape{32})));
  EXPECT_EQ(of(plan(), made).kind, Placement::Kind::output);
}

TEST_F(Buffers, TellWhenADyingInputEnds) {
  const ValueRef x = builder_.add_input(floats({4, 4}), {.dies = true});
  const ValueRef product = add(Op::mm, {x, x});
  builder_.mark_output(
      add(Op::sum, {product}, make_attributes(Op::sum, Shape{0}, false, kNoDType)));
  EXPECT_THAT(plan().input_ends, ElementsAre(0u));
}

TEST_F(Buffers, PlansThatOverwriteWhatIsReadAreFound) {
  const ValueRef x = builder_.add_input(floats({4, 4}));
  const ValueRef first = add(Op::mm, {x, x});
  const ValueRef second = add(Op::mm, {first, x});
  builder_.mark_output(add(Op::mm, {first, second}));
  BufferPlan made = plan();
  made.placements[graph_.value_index(second)] = made.placements[graph_.value_index(first)];
  EXPECT_FALSE(validate(graph_, fusion_, made).empty());
}

TEST(PackIntervals, ShareMemoryOnlyAtDifferentTimes) {
  const Interval intervals[] = {{0, 1, 64}, {1, 2, 64}, {2, 3, 128}, {3, 4, 64}};
  const Packing packing = pack_intervals(intervals);
  EXPECT_EQ(packing.bytes, 192);
}

}  // namespace
}  // namespace gt::graph

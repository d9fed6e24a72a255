#include "common/graph/fusion/fusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/fusion/recompute.h"
#include "common/graph/pass.h"

namespace gt::graph {
namespace {

using ::testing::IsEmpty;

TensorMeta floats(const Shape& shape) { return {DType::kFloat32, shape, {}}; }
const Attributes kAlpha = make_attributes(Op::add, ScalarValue(1));
const Attributes kZero = make_attributes(Op::threshold_backward, ScalarValue(0));

std::size_t count(const FusionPlan& plan, Group::Kind kind) {
  return static_cast<std::size_t>(
      std::count_if(plan.groups.begin(), plan.groups.end(),
                    [&](const Group& group) { return group.kind == kind; }));
}

class Fusion : public testing::Test {
 protected:
  ValueRef add(Op op, std::initializer_list<RecordedOperand> operands,
               const Attributes& attributes = {}) {
    return builder_.add_instruction(op, operands, attributes)[0];
  }
  ValueRef sum(ValueRef x, const Shape& dims, bool keep) {
    return add(Op::sum, {x}, make_attributes(Op::sum, dims, keep, kNoDType));
  }
  /// The plan of what was built, after all passes, with these outputs.
  FusionPlan plan(std::initializer_list<ValueRef> outputs, const FusionOptions& options = {}) {
    for (ValueRef output : outputs) builder_.mark_output(output);
    graph_ = run_passes(std::move(builder_).finish()).graph;
    FusionPlan made = plan_fusion(graph_, options);
    EXPECT_THAT(validate(graph_, made), IsEmpty()) << to_text(graph_, made);
    return made;
  }

  GraphBuilder builder_;
  Graph graph_;
};

TEST_F(Fusion, MakesOneKernelOfAPointwiseChain) {
  const ValueRef x = builder_.add_input(floats({64, 10}));
  const FusionPlan made = plan({add(Op::tanh, {add(Op::exp, {add(Op::neg, {x})})})});
  ASSERT_EQ(made.groups.size(), 1u);
  EXPECT_EQ(made.groups[0].inputs.size(), 1u);
  EXPECT_EQ(made.groups[0].outputs.size(), 1u);
}

TEST_F(Fusion, MakesOneKernelOfSoftmax) {
  const ValueRef x = builder_.add_input(floats({64, 10}));
  const FusionPlan made = plan({add(Op::softmax, {x}, make_attributes(Op::softmax, 1, kNoDType))});
  ASSERT_EQ(made.groups.size(), 1u);
  EXPECT_EQ(made.groups[0].loops[0].space.fold, Space::Fold::rows);
}

TEST_F(Fusion, MakesOneKernelOfLayerNormAndWhatFollows) {
  const ValueRef x = builder_.add_input(floats({2, 8, 16}));
  const ValueRef weight = builder_.add_input(floats({16}));
  const auto norm = builder_.add_instruction(
      Op::native_layer_norm, {add(Op::add, {x, x}, kAlpha), weight, weight},
      make_attributes(Op::native_layer_norm, Shape{16}, 1e-5));
  const FusionPlan made = plan({add(Op::relu, {norm[0]}), norm[1], norm[2]});
  ASSERT_EQ(made.groups.size(), 1u);
  EXPECT_EQ(made.groups[0].outputs.size(), 3u);
}

TEST_F(Fusion, SplitsAtAMatrixProduct) {
  const ValueRef x = builder_.add_input(floats({4, 4}));
  const ValueRef product = add(Op::mm, {add(Op::relu, {x}), x});
  const FusionPlan made = plan({add(Op::tanh, {product})});
  EXPECT_EQ(count(made, Group::Kind::kernel), 2u);
  EXPECT_EQ(count(made, Group::Kind::call), 1u);
}

TEST_F(Fusion, NeverWaitsInACircle) {
  const ValueRef x = builder_.add_input(floats({4, 4}));
  const ValueRef start = add(Op::relu, {x});
  const ValueRef product = add(Op::mm, {start, x});
  const FusionPlan made = plan({add(Op::add, {start, product}, kAlpha)});
  EXPECT_EQ(made.groups.size(), 3u);
}

TEST_F(Fusion, KeepsSumsOfRowsThatAreReadAlongColumnsApart) {
  const ValueRef x = builder_.add_input(floats({8, 8}));
  const ValueRef y = add(Op::exp, {x});
  const FusionPlan made = plan({add(Op::add, {y, sum(y, {1}, false)}, kAlpha)});
  EXPECT_EQ(made.groups.size(), 2u);
}

TEST_F(Fusion, ReadsSumsOfRowsWithinTheRow) {
  const ValueRef x = builder_.add_input(floats({8, 8}));
  const ValueRef y = add(Op::exp, {x});
  EXPECT_EQ(plan({add(Op::add, {y, sum(y, {1}, true)}, kAlpha)}).groups.size(), 1u);
}

TEST_F(Fusion, FusesTheSumOfColumnsWithWhatItSumsUp) {
  const ValueRef x = builder_.add_input(floats({8, 4}));
  const ValueRef y = add(Op::relu, {x});
  const FusionPlan made = plan({y, sum(y, {0}, false)});
  ASSERT_EQ(made.groups.size(), 1u);
  EXPECT_EQ(made.groups[0].loops[0].space.fold, Space::Fold::columns);
}

TEST_F(Fusion, ReadsNoSumOfColumnsInItsOwnLoop) {
  const ValueRef x = builder_.add_input(floats({8, 4}));
  const ValueRef y = add(Op::relu, {x});
  EXPECT_EQ(plan({add(Op::mul, {y, sum(y, {0}, true)})}).groups.size(), 2u);
}

TEST_F(Fusion, JoinsReadersOfOneValue) {
  const ValueRef x = builder_.add_input(floats({8, 4}));
  EXPECT_EQ(plan({add(Op::relu, {x}), add(Op::tanh, {x})}).groups.size(), 1u);
}

TEST_F(Fusion, PutsIndependentStepsOfAnOptimizerTogether) {
  for (const Shape& shape : {Shape{8, 4}, Shape{4}, Shape{2, 2, 2}}) {
    const ValueRef weight = builder_.add_input(floats(shape));
    const ValueRef gradient = builder_.add_input(floats(shape));
    builder_.mark_output(
        add(Op::sub, {weight, gradient}, make_attributes(Op::sub, ScalarValue(0.1))));
  }
  const FusionPlan made = plan({});
  ASSERT_EQ(made.groups.size(), 1u);
  EXPECT_EQ(made.groups[0].loops.size(), 3u);
}

TEST_F(Fusion, DoesNotWalkLongRowsTwice) {
  const ValueRef x = builder_.add_input(floats({2, 1 << 20}));
  const FusionPlan made = plan({add(Op::softmax, {x}, make_attributes(Op::softmax, 1, kNoDType))});
  EXPECT_GT(made.groups.size(), 1u);
}

TEST_F(Fusion, DoesNotTakeEqualSizesOfDifferentSymbolsForOneSpace) {
  const SymbolIndex a = builder_.add_symbol("a", 4);
  const SymbolIndex b = builder_.add_symbol("b", 4);
  const ValueRef x = builder_.add_input(floats({4}));
  const ValueRef y = builder_.add_input(floats({4}));
  builder_.set_symbolic(x, 0, {a, 1, 0});
  builder_.set_symbolic(y, 0, {b, 1, 0});
  const FusionPlan made = plan({add(Op::relu, {x}), add(Op::tanh, {y})}, {.horizontal = false});
  EXPECT_EQ(made.groups.size(), 2u);
}

TEST_F(Fusion, LeavesIntegerDivisionsToTheEngine) {
  const ValueRef x = builder_.add_input({DType::kInt64, {4}, {}});
  EXPECT_EQ(count(plan({add(Op::div_floor, {x, x})}), Group::Kind::call), 1u);
}

TEST_F(Fusion, MovesFewerBytesThanEagerExecution) {
  const ValueRef x = builder_.add_input(floats({64, 10}));
  const FusionPlan made = plan({add(Op::exp, {add(Op::neg, {x})})});
  EXPECT_EQ(bytes_moved(graph_, made), 2 * 64 * 10 * 4);
  EXPECT_EQ(bytes_moved_eagerly(graph_), 4 * 64 * 10 * 4);
}

/// Both kernels of a gradient of batch norm need the distance from the mean.
TEST_F(Fusion, ComputesADifferenceAgainInPlaceOfWritingIt) {
  const ValueRef x = builder_.add_input(floats({64, 256}));
  const ValueRef mean = builder_.add_input(floats({256}));
  const ValueRef grad = builder_.add_input(floats({64, 256}));
  const ValueRef distance = add(Op::sub, {x, mean}, kAlpha);
  const ValueRef shares = sum(add(Op::mul, {distance, grad}), {0}, false);
  const FusionPlan first = plan({add(Op::mul, {distance, shares})});
  constexpr std::int64_t kBytes = std::int64_t{64} * 256 * 4;
  ASSERT_GT(bytes_moved(graph_, first), 5 * kBytes);
  const auto other = recompute_cheap(graph_, first);
  ASSERT_TRUE(other);
  const FusionPlan again = plan_fusion(*other);
  EXPECT_THAT(validate(*other, again), IsEmpty()) << to_text(*other, again);
  EXPECT_LT(bytes_moved(*other, again), 5 * kBytes);
}

/// The sign of a ReLU's result is that of what its gradient reads anyway.
TEST_F(Fusion, ComputesAgainWhatOthersNeedInMemoryWhereItReadsTheOperandsAnyway) {
  const ValueRef x = builder_.add_input(floats({64, 256}));
  const ValueRef mean = builder_.add_input(floats({256}));
  const ValueRef grad = builder_.add_input(floats({256, 64}));
  const ValueRef active = add(Op::relu, {add(Op::sub, {x, mean}, kAlpha)});
  const ValueRef product = add(Op::mm, {active, grad});
  const ValueRef distance = add(Op::mul, {add(Op::exp, {x}), add(Op::mm, {product, active})});
  const FusionPlan first = plan({product, add(Op::mul, {distance, active})});
  const auto other = recompute_cheap(graph_, first);
  ASSERT_TRUE(other);
  const FusionPlan again = plan_fusion(*other);
  EXPECT_THAT(validate(*other, again), IsEmpty()) << to_text(*other, again);
  constexpr std::int64_t kBytes = std::int64_t{64} * 256 * 4;
  EXPECT_EQ(bytes_moved(graph_, first) - bytes_moved(*other, again), kBytes - 256 * 4);
}

/// Once the ReLU is made of x, so can be what its gradient lets through.
TEST_F(Fusion, LetsAGradientThroughTwiceInPlaceOfWritingIt) {
  const ValueRef x = builder_.add_input(floats({64, 256}));
  const ValueRef grad = builder_.add_input(floats({64, 256}));
  const ValueRef through = add(Op::threshold_backward, {grad, add(Op::relu, {x})}, kZero);
  const ValueRef shares = sum(add(Op::mul, {through, x}), {0}, false);
  const FusionPlan first = plan({add(Op::mul, {add(Op::mul, {x, shares}), through})});
  const auto other = recompute_cheap(graph_, first);
  ASSERT_TRUE(other);
  const FusionPlan again = plan_fusion(*other);
  constexpr std::int64_t kBytes = std::int64_t{64} * 256 * 4;
  EXPECT_EQ(bytes_moved(graph_, first) - bytes_moved(*other, again), kBytes);
}

/// It would have to read both operands again.
TEST_F(Fusion, WritesTheSumOfTwoTensorsOnce) {
  const ValueRef x = builder_.add_input(floats({64, 256}));
  const ValueRef y = builder_.add_input(floats({64, 256}));
  const ValueRef total = add(Op::add, {x, y}, kAlpha);
  const ValueRef shares = sum(add(Op::mul, {total, total}), {0}, false);
  EXPECT_FALSE(recompute_cheap(graph_, plan({add(Op::mul, {total, shares})})));
}

}  // namespace
}  // namespace gt::graph

// Nodes that are to stay calls of the engine, whatever passes could make of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"

namespace gt::graph {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const TensorMeta kMatrix{DType::kFloat32, {4, 3}, {}};
const TensorMeta kImages{DType::kFloat32, {8, 16, 28, 28}, {}};

/// The text of the graph after all passes, `eager` being such nodes.
std::string passed(GraphBuilder& builder, std::initializer_list<ValueRef> eager) {
  Graph graph = std::move(builder).finish();
  for (const ValueRef value : eager) graph.set_eager(value.node);
  return to_text(run_passes(std::move(graph)).graph);
}

TEST(EagerNodes, ThatAreCompositesStayWhole) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  const ValueRef shares = builder.add_instruction(
      Op::softmax, {x}, make_attributes(Op::softmax, std::int64_t{1}, kNoDType))[0];
  builder.mark_output(builder.add_instruction(Op::relu, {shares})[0]);
  EXPECT_THAT(passed(builder, {shares}), AllOf(HasSubstr("softmax("), Not(HasSubstr("exp("))));
}

TEST(EagerNodes, ThatAreProductsKeepTheirAddends) {
  GraphBuilder builder;
  const ValueRef bias = builder.add_input({DType::kFloat32, {3}, {}});
  const ValueRef a = builder.add_input(kMatrix);
  const ValueRef b = builder.add_input({DType::kFloat32, {3, 3}, {}});
  for (const std::size_t factor : {0, 1}) builder.guard_next(factor);
  const ValueRef sum = builder.add_instruction(
      Op::addmm, {bias, a, b},
      make_attributes(Op::addmm, ScalarValue(std::int64_t{1}), ScalarValue(std::int64_t{1})))[0];
  builder.mark_output(builder.add_instruction(Op::relu, {sum})[0]);
  EXPECT_THAT(passed(builder, {sum}), HasSubstr("addmm("));
}

TEST(EagerNodes, AreNotMergedWithWhatAKernelMayHold) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  const ValueRef eager = builder.add_instruction(Op::relu, {x})[0];
  builder.mark_output(eager);
  builder.mark_output(builder.add_instruction(Op::relu, {x})[0]);
  EXPECT_THAT(passed(builder, {eager}), AllOf(HasSubstr("%1 = relu("), HasSubstr("%2 = relu(")));
}

TEST(EagerNodes, AreNotMadeWithinTheWindowsThatReadThem) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kImages);
  const ValueRef positive = builder.add_instruction(Op::relu, {x})[0];
  builder.mark_output(builder.add_instruction(
      Op::avg_pool2d, {positive},
      make_attributes(Op::avg_pool2d, Shape{2, 2, 2, 2, 0, 0}, false, true, std::int64_t{0}))[0]);
  EXPECT_THAT(passed(builder, {positive}), HasSubstr("= relu(%0) : float32[8, 16, 28, 28]"));
}

}  // namespace
}  // namespace gt::graph

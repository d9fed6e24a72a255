#include "common/graph/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/builder.h"

namespace gt::graph {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const ValueInfo kVector{{DType::kFloat32, {3}, {}}, {}};
const ValueInfo kOther{{DType::kFloat32, {4}, {}}, {}};

TEST(Validate, FindsAnOperandThatIsMadeLater) {
  Graph graph;
  const Operand later[] = {Operand::of(ValueRef{1, 0})};
  graph.append_node(Op::neg, later, {}, std::span(&kVector, 1));
  graph.append_input(kVector);
  EXPECT_THAT(validate(graph), Contains(HasSubstr("not made before it")));
}

TEST(Validate, FindsAResultThatTheRowDoesNotInfer) {
  Graph graph;
  const Operand x[] = {Operand::of(graph.append_input(kVector))};
  graph.append_node(Op::neg, x, {}, std::span(&kOther, 1));
  EXPECT_THAT(validate(graph), Contains(HasSubstr("its row infers float32[3]")));
}

TEST(Validate, FindsMissingOperands) {
  Graph graph;
  const Operand x[] = {Operand::of(graph.append_input(kVector))};
  graph.append_node(Op::mul, x, {}, std::span(&kVector, 1));
  EXPECT_THAT(validate(graph), Contains(HasSubstr("node 1 (mul)")));
}

TEST(Validate, FindsMissingAttributes) {
  Graph graph;
  const Operand x[] = {Operand::of(graph.append_input(kVector))};
  graph.append_node(Op::gelu, x, {}, std::span(&kVector, 1));
  EXPECT_THAT(validate(graph), Contains(HasSubstr("attribute words")));
}

TEST(Validate, FindsABindingWhereTheAttributeIsStatic) {
  Graph graph;
  const Operand x[] = {Operand::of(graph.append_input(kVector))};
  const BindingIndex binding = graph.append_binding({});
  const Word words[] = {{Word::Source::binding, binding, 0}};
  graph.append_node(Op::gelu, x, words, std::span(&kVector, 1));
  EXPECT_THAT(validate(graph), Contains(HasSubstr("attribute approximate")));
}

TEST(Validate, FindsAWordOfAGuardedBinding) {
  Graph graph;
  Binding guarded;
  guarded.guarded = true;
  const Word word{Word::Source::binding, graph.append_binding(guarded), 0};
  const Operand operands[] = {Operand::of(graph.append_input(kVector)),
                              Operand::of(DType::kFloat64, word)};
  graph.append_node(Op::mul, operands, {}, std::span(&kVector, 1));
  EXPECT_THAT(validate(graph), Contains(HasSubstr("a number operand")));
}

TEST(Validate, FindsADyingInputAmongTheOutputs) {
  Graph graph;
  graph.append_output(graph.append_input(kVector, true));
  EXPECT_THAT(validate(graph), Contains("output 0 is input 0, which dies"));
}

TEST(Validate, FindsAnOutputThatDoesNotExist) {
  Graph graph;
  graph.append_output({3, 0});
  EXPECT_THAT(validate(graph), Contains("output 0 does not exist"));
}

TEST(Validate, FindsACarriedInputOfAnotherType) {
  Graph graph;
  const ValueRef x = graph.append_input(kVector);
  graph.append_output(graph.append_input(kOther));
  graph.input(graph.node(x.node).input).carried_output = 0;
  EXPECT_THAT(validate(graph), Contains(HasSubstr("which has another type")));
}

}  // namespace
}  // namespace gt::graph

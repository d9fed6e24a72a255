#include "common/graph/builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/print.h"
#include "common/graph/validate.h"

namespace gt::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TensorMeta kMatrix{DType::kFloat32, {4, 3}, {}};

TEST(GraphBuilder, InfersTheResultsOfAnInstruction) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  const ValueRef total =
      builder.add_instruction(Op::sum, {x}, make_attributes(Op::sum, Shape{1}, false, kNoDType))[0];
  EXPECT_EQ(builder.graph().meta(total), (TensorMeta{DType::kFloat32, {4}, {}}));
}

TEST(GraphBuilder, RefusesOperandsThatTheRowRefuses) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  EXPECT_THROW(builder.add_instruction(Op::mm, {x, x}), CommonError);
}

TEST(GraphBuilder, RefusesRowsThatMoveValuesBetweenProcesses) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  EXPECT_THROW(builder.add_instruction(Op::release, {x}), CommonError);
}

TEST(GraphBuilder, MakesABindingOfEveryNumberInTheOrderOfTheInstruction) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  builder.add_instruction(Op::add, {x, ScalarValue(2.5)},
                          make_attributes(Op::add, ScalarValue(std::int64_t{7})));
  std::vector<std::uint64_t> samples;
  for (const Binding& binding : builder.graph().bindings()) samples.push_back(binding.sample);
  EXPECT_THAT(samples, ElementsAre(std::bit_cast<std::uint64_t>(2.5), 7u));
}

TEST(GraphBuilder, NeverMakesOneBindingOfEqualNumbers) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  for (int i = 0; i < 2; ++i) builder.add_instruction(Op::mul, {x, ScalarValue(0.1)});
  const Graph& graph = builder.graph();
  EXPECT_NE(graph.operands(1)[1].word.index, graph.operands(2)[1].word.index);
}

TEST(GraphBuilder, GuardsExtents) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  builder.add_instruction(Op::reshape, {x}, make_attributes(Op::reshape, Shape{2, 6}));
  ASSERT_EQ(builder.graph().bindings().size(), 2u);
  EXPECT_TRUE(builder.graph().bindings()[0].guarded);
  EXPECT_TRUE(builder.graph().words(1)[1].is_constant());
}

TEST(GraphBuilder, TiesACarriedInputToWhatItComesFrom) {
  GraphBuilder builder;
  const ValueRef weight = builder.add_input(kMatrix, {.dies = true});
  const ValueRef made = builder.add_instruction(Op::neg, {weight})[0];
  builder.carry(weight, made);
  const Graph graph = std::move(builder).finish();
  ASSERT_EQ(graph.outputs().size(), 1u);
  EXPECT_EQ(graph.inputs()[0].carried_output, 0u);
}

TEST(GraphBuilder, RefusesACarriedValueOfAnotherShape) {
  GraphBuilder builder;
  const ValueRef weight = builder.add_input(kMatrix);
  const ValueRef made =
      builder.add_instruction(Op::reshape, {weight}, make_attributes(Op::reshape, Shape{12}))[0];
  EXPECT_THROW(builder.carry(weight, made), CommonError);
}

TEST(GraphBuilder, CarriesASymbolThroughShapes) {
  GraphBuilder builder;
  const SymbolIndex batch = builder.add_symbol("batch", 4);
  const ValueRef x = builder.add_input({DType::kFloat32, {4, 3, 5}, {}});
  builder.set_symbolic(x, 0, {batch, 1, 0});
  builder.set_extent(1, {batch, 3, 0});
  const ValueRef flat =
      builder.add_instruction(Op::reshape, {x}, make_attributes(Op::reshape, Shape{12, 5}))[0];
  EXPECT_EQ(type_of(builder.graph(), flat), "float32[3*batch, 5]");
  EXPECT_THAT(validate(builder.graph()), IsEmpty());
}

TEST(GraphBuilder, RefusesASizeThatIsNotLinearInOneSymbol) {
  GraphBuilder builder;
  const SymbolIndex batch = builder.add_symbol("batch", 4);
  const ValueRef x = builder.add_input({DType::kFloat32, {4, 4}, {}});
  builder.set_symbolic(x, 0, {batch, 1, 0});
  builder.set_symbolic(x, 1, {batch, 1, 0});
  EXPECT_THROW(builder.add_instruction(Op::reshape, {x}, make_attributes(Op::reshape, Shape{-1})),
               CommonError);
}

TEST(Graph, HashesAlikeWhereOnlyNumbersOfTheProgramDiffer) {
  const auto make = [](double number, DType dtype) {
    GraphBuilder builder;
    const ValueRef x = builder.add_input({dtype, {4, 3}, {}});
    builder.mark_output(builder.add_instruction(Op::mul, {x, ScalarValue(number)})[0]);
    return std::move(builder).finish().hash();
  };
  EXPECT_EQ(make(1, DType::kFloat32), make(2, DType::kFloat32));
  EXPECT_NE(make(1, DType::kFloat32), make(1, DType::kFloat64));
}

}  // namespace
}  // namespace gt::graph

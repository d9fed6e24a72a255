#include "common/graph/scalars.h"

#include <gtest/gtest.h>

#include "common/graph/builder.h"

namespace gt::graph {
namespace {

Graph symbolic() {
  GraphBuilder builder;
  const SymbolIndex batch = builder.add_symbol("batch", 4);
  const ValueRef x = builder.add_input({DType::kFloat32, {4, 3}, {}});
  builder.set_symbolic(x, 0, {batch, 1, 0});
  builder.set_extent(1, {batch, 3, 0});
  builder.mark_output(
      builder.add_instruction(Op::reshape, {x}, make_attributes(Op::reshape, Shape{12}))[0]);
  return std::move(builder).finish();
}

TEST(RunScalars, FindSymbolsInTheShapesOfInputs) {
  const Graph graph = symbolic();
  const Shape shapes[] = {{7, 3}};
  const std::uint64_t bindings[] = {21};
  const RunScalars scalars(graph, shapes, bindings);
  EXPECT_EQ(scalars.symbols()[0], 7);
  EXPECT_EQ(scalars.attributes(graph.node(1)).integers(graph.node(1).row(), 0)[0], 21);
}

TEST(RunScalars, RefuseSizesThatContradictEachOther) {
  const Graph graph = symbolic();
  const Shape shapes[] = {{7, 3}};
  const std::uint64_t bindings[] = {24};
  EXPECT_THROW(RunScalars(graph, shapes, bindings), CommonError);
}

TEST(RunScalars, RefuseASizeOfOneForASymbol) {
  const Graph graph = symbolic();
  const Shape shapes[] = {{1, 3}};
  const std::uint64_t bindings[] = {3};
  EXPECT_THROW(RunScalars(graph, shapes, bindings), CommonError);
}

TEST(RunScalars, RefuseAnotherFixedSize) {
  const Graph graph = symbolic();
  const Shape shapes[] = {{4, 4}};
  const std::uint64_t bindings[] = {12};
  EXPECT_THROW(RunScalars(graph, shapes, bindings), CommonError);
}

TEST(RunScalars, RefuseAnotherValueOfAGuardedBinding) {
  GraphBuilder builder;
  builder.guard_next(0);
  const ValueRef x = builder.add_input({DType::kFloat32, {3}, {}});
  builder.add_instruction(Op::mul, {x, ScalarValue(2.0)});
  const Graph graph = std::move(builder).finish();
  const Shape shapes[] = {{3}};
  const std::uint64_t bindings[] = {std::bit_cast<std::uint64_t>(3.0)};
  EXPECT_THROW(RunScalars(graph, shapes, bindings), CommonError);
}

}  // namespace
}  // namespace gt::graph

// Numbers that kernels draw: those of the engine.
#include <gtest/gtest.h>

#include <limits>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/run_graph.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::GraphBuilder;
using graph::ValueRef;

constexpr std::int64_t kSeed = 0x123456789ABCDEF, kCounter = (std::int64_t{1} << 32) + 77;

ValueRef add_dropout(GraphBuilder& builder, ValueRef x, double p) {
  return builder.add_instruction(Op::dropout, {x},
                                 make_attributes(Op::dropout, p, kSeed, kCounter))[0];
}

/// `row` with the ends of a range, or mean and deviation.
ValueRef add_numbers(GraphBuilder& builder, Op row, const Shape& shape, DType dtype, double first,
                     double second) {
  return builder.add_instruction(
      row, {}, make_attributes(row, shape, first, second, dtype, kSeed, kCounter))[0];
}

constexpr DType kFloatingDtypes[] = {DType::kFloat32, DType::kFloat64, DType::kFloat16,
                                     DType::kBFloat16};

/// Normal numbers in double precision stay a call, and rows that may refuse something where nobody
/// could be told; those of a dtype that kernels of this machine do not take are no case.
bool is_call(Op row, DType dtype) {
  return !is_compiled(dtype) || (row == Op::normal && dtype == DType::kFloat64) ||
         ((row == Op::bernoulli || row == Op::randint) && !test_compiler().goes_by_index());
}

std::string case_name(Op row, DType dtype, const Shape& shape) {
  return std::string(row_of(row).name) + " " + std::string(short_name(dtype)) + to_string(shape);
}

TEST(Draws, OfNumbersAreThoseOfTheEngine) {
  for (Op row : {Op::uniform, Op::normal})
    for (DType dtype : kFloatingDtypes)
      for (const Shape& shape :
           {Shape{}, Shape{1}, Shape{7}, Shape{33}, Shape{5, 77}, Shape{40000}, Shape{3, 2, 64}}) {
        if (is_call(row, dtype)) continue;
        SCOPED_TRACE(case_name(row, dtype, shape));
        GraphBuilder builder;
        for (const auto& [first, second] :
             {std::pair(0.0, 1.0), std::pair(-2.0, 5.0), std::pair(0.0, 0.5)})
          builder.mark_output(add_numbers(builder, row, shape, dtype, first, second));
        const graph::Graph graph = std::move(builder).finish();
        for (const RunOptions& options : {RunOptions{}, RunOptions{.one_unit_a_call = true}}) {
          ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, {}, options));
        }
      }
}

/// Numbers from 0 to 1, both among them.
Value chances(DType dtype, const Shape& shape) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < element_count(shape); ++i)
    numbers.push_back(static_cast<double>(i % 11) / 10);
  const Value wide = test_engine().from_host({DType::kFloat64, shape, {}},
                                             std::as_bytes(std::span<const double>(numbers)));
  EngineOperand operand;
  operand.value = &wide;
  const TensorMeta meta{dtype, shape, {}};
  return test_engine()
      .execute({row_of(Op::to), {&operand, 1}, make_attributes(Op::to, dtype), {&meta, 1}})
      .front();
}

/// Ranges that are no power of two, that are more than half of all integers, and of one integer, as
/// far as the dtype holds them.
std::vector<std::pair<std::int64_t, std::int64_t>> ranges_of(DType dtype) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  if (dtype == DType::kInt64)
    return {{0, 10}, {-100, 1000003}, {kLeast, -(kLeast + 3)}, {-1, std::int64_t{1} << 40}, {5, 6}};
  if (dtype == DType::kBool) return {{0, 2}, {1, 2}};
  return {{0, 10}, {3, 97}, {5, 6}};
}

TEST(Draws, OfIntegersAreThoseOfTheEngine) {
  for (DType dtype : {DType::kInt64, DType::kInt32, DType::kUInt8, DType::kBool, DType::kFloat32,
                      DType::kFloat64, DType::kFloat16, DType::kBFloat16})
    for (const Shape& shape : {Shape{}, Shape{7}, Shape{5, 77}, Shape{20000}}) {
      if (is_call(Op::randint, dtype)) continue;
      SCOPED_TRACE(case_name(Op::randint, dtype, shape));
      GraphBuilder builder;
      for (const auto& [low, high] : ranges_of(dtype))
        builder.mark_output(builder.add_instruction(
            Op::randint, {},
            make_attributes(Op::randint, shape, low, high, dtype, kSeed, kCounter))[0]);
      const graph::Graph graph = std::move(builder).finish();
      EXPECT_EQ(CompiledGraph(graph, {}).kernel_count(), 1u);
      for (const RunOptions& options : {RunOptions{}, RunOptions{.one_unit_a_call = true}}) {
        ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, {}, options));
      }
    }
}

/// bernoulli(x) * y, and the sum of its rows or columns.
TEST(Draws, OfChancesAreThoseOfTheEngine) {
  for (DType dtype : {DType::kFloat32, DType::kBFloat16, DType::kFloat16, DType::kFloat64})
    for (const Shape& shape : {Shape{1}, Shape{37, 256}, Shape{37, 253}, Shape{3, 5, 130}})
      for (const Shape& folded : {Shape{0}, Shape{-1}}) {
        if (is_call(Op::bernoulli, dtype)) continue;
        SCOPED_TRACE(case_name(Op::bernoulli, dtype, shape));
        GraphBuilder builder;
        const ValueRef x = builder.add_input({dtype, shape, {}});
        const ValueRef y = builder.add_input({dtype, shape, {}});
        const ValueRef drawn = builder.add_instruction(
            Op::bernoulli, {x}, make_attributes(Op::bernoulli, kSeed, kCounter))[0];
        const ValueRef made = builder.add_instruction(Op::mul, {drawn, y})[0];
        builder.mark_output(drawn);
        builder.mark_output(builder.add_instruction(
            Op::sum, {made}, make_attributes(Op::sum, folded, false, kNoDType))[0]);
        const Value inputs[] = {chances(dtype, shape), special_numbers(dtype, shape, 2)};
        const graph::Graph graph = std::move(builder).finish();
        ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, inputs));
        EXPECT_EQ(CompiledGraph(graph, inputs).kernel_count(), 1u);
      }
}

/// x + 0.5 * noise, in a kernel with what it is added to, and with its sum over rows or columns.
TEST(Draws, OfNoiseInAChainAreThoseOfTheEngine) {
  for (Op row : {Op::uniform, Op::normal})
    for (DType dtype : kFloatingDtypes)
      for (const Shape& shape :
           {Shape{37, 256}, Shape{37, 253}, Shape{3, 5, 130}, Shape{64, 3}, Shape{2, 1001}})
        for (const Shape& folded : {Shape{0}, Shape{-1}}) {
          if (is_call(row, dtype)) continue;
          SCOPED_TRACE(case_name(row, dtype, shape));
          GraphBuilder builder;
          const ValueRef x = builder.add_input({dtype, shape, {}});
          const ValueRef noise = add_numbers(builder, row, shape, dtype, 0, 1);
          const ValueRef made = builder.add_instruction(
              Op::add, {x, noise}, make_attributes(Op::add, ScalarValue(0.5)))[0];
          builder.mark_output(made);
          builder.mark_output(builder.add_instruction(
              Op::sum, {made}, make_attributes(Op::sum, folded, false, kNoDType))[0]);
          const Value inputs[] = {special_numbers(dtype, shape, 1)};
          const graph::Graph graph = std::move(builder).finish();
          ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, inputs));
          EXPECT_EQ(CompiledGraph(graph, inputs).kernel_count(), 1u);
        }
}

/// Runs whose length is a whole number of blocks, or leaves one, two or three elements over.
TEST(Draws, OfRowsThatBeginWithinBlocksAreThoseOfTheEngine) {
  for (Op row : {Op::uniform, Op::normal, Op::dropout})
    for (DType dtype : kFloatingDtypes)
      for (std::int64_t length : {200, 201, 202, 203})
        for (bool is_by_units : {false, true}) {
          if (is_call(row, dtype)) continue;
          const Shape shape{5, length};
          SCOPED_TRACE(case_name(row, dtype, shape));
          GraphBuilder builder;
          const ValueRef x = builder.add_input({dtype, shape, {}});
          const ValueRef bias = builder.add_input({dtype, {length}, {}});
          const ValueRef noise = row == Op::dropout
                                     ? add_dropout(builder, x, 0.4)
                                     : add_numbers(builder, row, shape, dtype, -1, 3);
          builder.mark_output(builder.add_instruction(Op::add, {noise, bias},
                                                      make_attributes(Op::add, ScalarValue(1)))[0]);
          const Value inputs[] = {special_numbers(dtype, shape, 1),
                                  special_numbers(dtype, {length}, 2)};
          const graph::Graph graph = std::move(builder).finish();
          ASSERT_NO_FATAL_FAILURE(
              expect_same_bits(graph, inputs, {.one_unit_a_call = is_by_units}));
        }
}

TEST(Draws, OfDropoutAreThoseOfTheEngine) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kBFloat16})
    for (double p : {0.0, 0.1, 0.5, 1.0})
      for (const Shape& shape : {Shape{1}, Shape{7}, Shape{33}, Shape{5000}, Shape{40000}}) {
        SCOPED_TRACE(std::string(short_name(dtype)) + to_string(shape));
        GraphBuilder builder;
        const ValueRef x = builder.add_input({dtype, shape, {}});
        builder.mark_output(add_dropout(builder, x, p));
        const Value inputs[] = {special_numbers(dtype, shape, 1)};
        const graph::Graph graph = std::move(builder).finish();
        for (const RunOptions& options :
             {RunOptions{}, RunOptions{.one_unit_a_call = true}, RunOptions{.overwrites = true}}) {
          ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, inputs, options));
        }
      }
}

/// relu(x + bias) of rows, dropout, and a product: runs begin at any element.
TEST(Draws, InAChainOverRowsAreThoseOfTheEngine) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kBFloat16})
    for (const Shape& shape : {Shape{37, 256}, Shape{37, 253}, Shape{3, 5, 130}, Shape{64, 3}})
      for (bool is_turned : {false, true}) {
        SCOPED_TRACE(std::string(short_name(dtype)) + to_string(shape));
        const Shape row{shape[shape.size() - 1]};
        GraphBuilder builder;
        const ValueRef x = builder.add_input({dtype, shape, {}});
        const ValueRef bias = builder.add_input({dtype, row, {}});
        const ValueRef sum = builder.add_instruction(Op::add, {x, bias},
                                                     make_attributes(Op::add, ScalarValue(1)))[0];
        const ValueRef kept =
            add_dropout(builder, builder.add_instruction(Op::relu, {sum})[0], 0.3);
        const ValueRef made = builder.add_instruction(Op::mul, {kept, x})[0];
        builder.mark_output(made);
        const Shape folded = is_turned ? Shape{0} : Shape{-1};
        builder.mark_output(builder.add_instruction(
            Op::sum, {made}, make_attributes(Op::sum, folded, false, kNoDType))[0]);
        const Value inputs[] = {special_numbers(dtype, shape, 1), special_numbers(dtype, row, 2)};
        ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(builder).finish(), inputs));
      }
}

/// Runs of one plane begin behind those of the planes before it, at any element.
TEST(Draws, InPlanesWhoseColumnsAreFoldedAreThoseOfTheEngine) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kBFloat16})
    for (const Shape& shape : {Shape{5, 37, 256}, Shape{3, 7, 253}, Shape{4, 1, 130}}) {
      SCOPED_TRACE(std::string(short_name(dtype)) + to_string(shape));
      GraphBuilder builder;
      const ValueRef x = builder.add_input({dtype, shape, {}});
      const ValueRef made = add_dropout(builder, x, 0.3);
      builder.mark_output(made);
      builder.mark_output(builder.add_instruction(
          Op::sum, {made}, make_attributes(Op::sum, Shape{1}, false, kNoDType))[0]);
      const Value inputs[] = {special_numbers(dtype, shape, 1)};
      const graph::Graph graph = std::move(builder).finish();
      for (const bool one_unit_a_call : {false, true})
        ASSERT_NO_FATAL_FAILURE(
            expect_same_bits(graph, inputs, {.one_unit_a_call = one_unit_a_call}));
    }
}

/// A chain is one kernel, and rows that are walked again have the same numbers there.
TEST(Draws, InSeveralWalksOverARowAreTheSame) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {70, 300}, {}});
  const ValueRef kept = add_dropout(builder, x, 0.3);
  const ValueRef sum = builder.add_instruction(
      Op::sum, {kept}, make_attributes(Op::sum, Shape{1}, true, kNoDType))[0];
  builder.mark_output(builder.add_instruction(Op::div, {kept, sum})[0]);
  const Value inputs[] = {special_numbers(DType::kFloat32, {70, 300}, 1)};
  const graph::Graph graph = std::move(builder).finish();
  ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, inputs));
  EXPECT_EQ(CompiledGraph(graph, inputs).kernel_count(), 1u);
}

/// Composites and dropout of what they make, as rows; one kernel where no row of theirs is a call.
void expect_bits_of_rows(const graph::Graph& whole, std::span<const Value> inputs,
                         bool is_one_kernel) {
  const std::vector<std::uint64_t> bindings = sample_bindings(whole);
  const auto expected = run_graph(test_engine(), whole, inputs, bindings);
  const graph::Graph rows = graph::run_passes(whole).graph;
  for (bool is_by_units : {false, true}) {
    const CompiledGraph compiled(rows, inputs, {.one_unit_a_call = is_by_units});
    EXPECT_TRUE(!is_one_kernel || compiled.kernel_count() == 1) << to_text(rows, compiled.plan());
    ASSERT_NO_FATAL_FAILURE(expect_outputs(compiled, rows, inputs, bindings, expected));
  }
}

/// Rows of whole blocks and others, shorter and longer than 64 lanes and than what is folded at a
/// time.
TEST(Draws, AfterRowsAreThoseOfTheEngine) {
  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kBFloat16})
    for (const Shape& shape : {Shape{5, 3}, Shape{9, 64}, Shape{33, 77}, Shape{6, 1000},
                               Shape{3, 2, 130}, Shape{2, 5001}}) {
      SCOPED_TRACE(std::string(short_name(dtype)) + to_string(shape));
      const Shape row{shape[shape.size() - 1]};
      const std::vector<Value> inputs = {special_numbers(dtype, shape, 1),
                                         special_numbers(dtype, row, 2),
                                         special_numbers(dtype, row, 3)};
      GraphBuilder softmax;
      const ValueRef x = softmax.add_input({dtype, shape, {}});
      softmax.mark_output(add_dropout(
          softmax,
          softmax.add_instruction(Op::softmax, {x}, make_attributes(Op::softmax, -1, kNoDType))[0],
          0.1));
      // Not every target has exponentials in double precision.
      ASSERT_NO_FATAL_FAILURE(expect_bits_of_rows(
          std::move(softmax).finish(), std::span(inputs).first(1), dtype != DType::kFloat64));
      GraphBuilder norm;
      const ValueRef y = norm.add_input({dtype, shape, {}});
      const ValueRef weight = norm.add_input({dtype, row, {}});
      const ValueRef bias = norm.add_input({dtype, row, {}});
      const ValueRef kept = add_dropout(norm, y, 0.2);
      const ValueRef made =
          norm.add_instruction(Op::native_layer_norm, {kept, weight, bias},
                               make_attributes(Op::native_layer_norm, row, 1e-5))[0];
      norm.mark_output(add_dropout(norm, made, 0.5));
      ASSERT_NO_FATAL_FAILURE(
          expect_bits_of_rows(std::move(norm).finish(), inputs, dtype == DType::kFloat32));
    }
}

}  // namespace
}  // namespace gt::worker::jit

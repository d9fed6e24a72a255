// Reductions of what point-wise rows make: norms, and how many elements are not zero.
#include <gtest/gtest.h>

#include <limits>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/run_graph.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::Graph;
using graph::GraphBuilder;
using graph::ValueRef;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Folded {
  Shape shape, dims;
};

/// Rows, columns, both, and everything.
const std::vector<Folded>& folded_shapes() {
  static const std::vector<Folded> shapes = {
      {{3, 1000}, {1}}, {{100, 33}, {0}}, {{2, 65, 130}, {1, 2}}, {{3, 7, 5}, {}}};
  return shapes;
}

/// Dims that lie apart, of 2 MiB: smaller ones are left to the engine.
Folded apart(DType dtype) {
  return {{512, 4, 1024 / static_cast<std::int64_t>(size_of(dtype))}, {0, 2}};
}

void expect_bits_in_kernels(const Graph& graph, std::span<const Value> inputs,
                            std::initializer_list<std::string_view> absent) {
  expect_same_bits(graph, graph::run_passes(graph).graph, absent, inputs,
                   {.one_unit_a_call = true});
}

class Norms : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (!is_compiled(GetParam())) GTEST_SKIP() << "not on this machine";
  }
  static void expect_bits_of(const Folded& folded, double order) {
    GraphBuilder builder;
    const ValueRef x = builder.add_input({GetParam(), folded.shape, {}});
    for (const bool keeps : {false, true})
      builder.mark_output(builder.add_instruction(
          Op::vector_norm, {x},
          make_attributes(Op::vector_norm, folded.dims, keeps, order, kNoDType))[0]);
    const Value inputs[] = {special_numbers(GetParam(), folded.shape, 1)};
    expect_bits_in_kernels(std::move(builder).finish(), inputs, {"vector_norm"});
  }
};

TEST_P(Norms, OfEveryOrderHaveTheBitsOfTheEngine) {
  for (const Folded& folded : folded_shapes())
    for (const double order : {2.0, 1.0, 0.0, 3.0, 0.5, -2.0, kInfinity, -kInfinity}) {
      SCOPED_TRACE(testing::Message() << to_string(folded.shape) << " of order " << order);
      ASSERT_NO_FATAL_FAILURE(expect_bits_of(folded, order));
    }
}

TEST_P(Norms, OfDimsThatLieApartHaveTheBitsOfTheEngine) { expect_bits_of(apart(GetParam()), 2.0); }

INSTANTIATE_TEST_SUITE_P(DTypes, Norms,
                         testing::Values(DType::kFloat32, DType::kFloat64, DType::kBFloat16,
                                         DType::kFloat16),
                         [](const auto& tested) { return std::string(short_name(tested.param)); });

TEST(Norm, InAnotherDTypeHasTheBitsOfTheEngine) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {3, 1000}, {}});
  builder.mark_output(builder.add_instruction(
      Op::vector_norm, {x},
      make_attributes(Op::vector_norm, Shape{}, false, 2.0, DType::kFloat64))[0]);
  const Value inputs[] = {special_numbers(DType::kFloat32, {3, 1000}, 1)};
  expect_bits_in_kernels(std::move(builder).finish(), inputs, {"vector_norm"});
}

/// Numbers from 0 on, each `repeats` times.
Value counted(DType dtype, const Shape& shape, std::int64_t repeats) {
  GraphBuilder builder;
  const ValueRef position = builder.add_instruction(
      Op::arange, {},
      make_attributes(Op::arange, ScalarValue(std::int64_t{0}), ScalarValue(std::int64_t{1}),
                      element_count(shape), DType::kInt64))[0];
  const ValueRef number =
      builder.add_instruction(Op::div_floor, {position, ScalarValue(repeats)})[0];
  const ValueRef shaped =
      builder.add_instruction(Op::reshape, {number}, make_attributes(Op::reshape, shape))[0];
  builder.mark_output(builder.add_instruction(Op::to, {shaped}, make_attributes(Op::to, dtype))[0]);
  const Graph graph = std::move(builder).finish();
  return run_graph(test_engine(), graph, {}, sample_bindings(graph))[0];
}

class Truths : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (!is_compiled(GetParam())) GTEST_SKIP() << "not on this machine";
  }
  static void expect_bits_of(const Folded& folded, const Value& x) {
    GraphBuilder builder;
    const ValueRef input = builder.add_input({GetParam(), folded.shape, {}});
    for (const Op op : {Op::all, Op::any})
      for (const bool keeps : {false, true})
        builder.mark_output(
            builder.add_instruction(op, {input}, make_attributes(op, folded.dims, keeps))[0]);
    builder.mark_output(builder.add_instruction(
        Op::count_nonzero, {input}, make_attributes(Op::count_nonzero, folded.dims))[0]);
    const Value inputs[] = {x};
    expect_bits_in_kernels(std::move(builder).finish(), inputs, {"all(", "any(", "count_nonzero("});
  }
};

TEST_P(Truths, OfNoneSomeOrAllHaveTheBitsOfTheEngine) {
  for (const Folded& folded : folded_shapes())
    for (const std::int64_t repeats :
         {std::int64_t{1}, folded.shape.back(), element_count(folded.shape)}) {
      SCOPED_TRACE(testing::Message() << to_string(folded.shape) << ", " << repeats << " alike");
      ASSERT_NO_FATAL_FAILURE(expect_bits_of(folded, counted(GetParam(), folded.shape, repeats)));
    }
}

TEST_P(Truths, OfSpecialNumbersHaveTheBitsOfTheEngine) {
  for (const Folded& folded : folded_shapes())
    ASSERT_NO_FATAL_FAILURE(expect_bits_of(folded, special_numbers(GetParam(), folded.shape, 1)));
}

TEST_P(Truths, OfDimsThatLieApartHaveTheBitsOfTheEngine) {
  const Folded folded = apart(GetParam());
  expect_bits_of(folded, counted(GetParam(), folded.shape, 1));
}

INSTANTIATE_TEST_SUITE_P(DTypes, Truths,
                         testing::Values(DType::kFloat32, DType::kFloat64, DType::kBFloat16,
                                         DType::kFloat16, DType::kInt64, DType::kInt32,
                                         DType::kUInt8, DType::kBool),
                         [](const auto& tested) { return std::string(short_name(tested.param)); });

}  // namespace
}  // namespace gt::worker::jit

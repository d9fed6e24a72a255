// Reductions of rows and columns, of all lengths at which the tree changes, against the engine.
#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <vector>

#include "common/graph/builder.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::GraphBuilder;
using graph::ValueRef;

constexpr std::int64_t kLengths[] = {1, 2, 7, 16, 63, 64, 65, 100, 127, 1000, 4096, 4097, 12289};

Attributes fold_attributes(Op op, const Shape& dims, bool keep) {
  if (op == Op::amax || op == Op::amin) return make_attributes(op, dims, keep);
  return make_attributes(op, dims, keep, kNoDType);
}

void add_folds(GraphBuilder& builder, ValueRef x, const Shape& dims) {
  for (Op op : {Op::sum, Op::mean, Op::prod, Op::amax, Op::amin}) {
    try {
      builder.mark_output(
          builder.add_instruction(op, {x}, fold_attributes(op, dims, op == Op::sum))[0]);
    } catch (const CommonError&) {
      builder.forget_next();  // no mean of integers
    }
  }
}

class FoldsOfDType : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (!is_compiled(GetParam())) GTEST_SKIP() << "not on this machine";
  }
};

TEST_P(FoldsOfDType, OfRowsGiveTheBitsOfTheEngine) {
  for (std::int64_t length : kLengths) {
    SCOPED_TRACE(length);
    GraphBuilder builder;
    add_folds(builder, builder.add_input({GetParam(), {3, length}, {}}), {1});
    const Value inputs[] = {special_numbers(GetParam(), {3, length}, 1)};
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(builder).finish(), inputs));
  }
}

TEST_P(FoldsOfDType, OfColumnsGiveTheBitsOfTheEngine) {
  for (std::int64_t length : kLengths) {
    SCOPED_TRACE(length);
    GraphBuilder builder;
    add_folds(builder, builder.add_input({GetParam(), {length, 5, 7}, {}}), {0});
    const Value inputs[] = {special_numbers(GetParam(), {length, 5, 7}, 1)};
    ASSERT_NO_FATAL_FAILURE(
        expect_same_bits(std::move(builder).finish(), inputs, {.one_unit_a_call = true}));
  }
}

TEST_P(FoldsOfDType, OfManyColumnsGiveTheBitsOfTheEngine) {
  GraphBuilder builder;
  add_folds(builder, builder.add_input({GetParam(), {33, 1100}, {}}), {0});
  const Value inputs[] = {special_numbers(GetParam(), {33, 1100}, 1)};
  expect_same_bits(std::move(builder).finish(), inputs, {.one_unit_a_call = true});
}

/// Columns of several planes, few and many of them.
TEST_P(FoldsOfDType, OfDimsInTheMiddleGiveTheBitsOfTheEngine) {
  struct Case {
    Shape shape, dims;
  };
  const Case cases[] = {{{3, 7, 5}, {1}},          {{4, 100, 64}, {1}},    {{2, 4097, 3}, {1}},
                        {{3, 33, 1100}, {1}},      {{2, 3, 65, 130}, {2}}, {{2, 3, 5, 150}, {1, 2}},
                        {{5, 1, 2, 64, 6}, {2, 3}}};
  for (const Case& tested : cases)
    for (const bool one_unit_a_call : {false, true}) {
      SCOPED_TRACE(to_string(tested.shape));
      GraphBuilder builder;
      const ValueRef x = builder.add_input({GetParam(), tested.shape, {}});
      add_folds(builder, builder.add_instruction(Op::neg, {x})[0], tested.dims);
      const Value inputs[] = {special_numbers(GetParam(), tested.shape, 1)};
      const graph::Graph graph = std::move(builder).finish();
      ASSERT_NO_FATAL_FAILURE(
          expect_same_bits(graph, inputs, {.one_unit_a_call = one_unit_a_call}));
      EXPECT_EQ(CompiledGraph(graph, inputs).kernel_count(), 1u);
    }
}

/// Rows of the last dim that turns of 64 elements fit in, and rows that they do not.
TEST_P(FoldsOfDType, OfBroadcastOperandsGiveTheBitsOfTheEngine) {
  for (std::int64_t length : {64, 100, 192, 512})
    for (const Shape& other : {Shape{length}, {5, 1}, {3, 1, length}, {3, 1, 1}})
      for (const Shape& dims : {Shape{}, {1, 2}}) {
        SCOPED_TRACE(testing::Message() << to_string(other) << " over " << to_string(dims));
        const Shape shape = {3, 5, length};
        GraphBuilder builder;
        const ValueRef x = builder.add_input({GetParam(), shape, {}});
        const ValueRef y = builder.add_input({GetParam(), other, {}});
        const ValueRef least = builder.add_instruction(Op::minimum, {x, y})[0];
        builder.mark_output(least);
        builder.mark_output(
            builder.add_instruction(Op::sum, {least}, fold_attributes(Op::sum, dims, false))[0]);
        const Value inputs[] = {special_numbers(GetParam(), shape, 1),
                                special_numbers(GetParam(), other, 2)};
        ASSERT_NO_FATAL_FAILURE(
            expect_same_bits(std::move(builder).finish(), inputs, {.one_unit_a_call = true}));
      }
}

TEST_P(FoldsOfDType, OfWholeTensorsGiveTheBitsOfTheEngine) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({GetParam(), {30, 11, 13}, {}});
  add_folds(builder, builder.add_instruction(Op::neg, {x})[0], {});
  const Value inputs[] = {special_numbers(GetParam(), {30, 11, 13}, 1)};
  expect_same_bits(std::move(builder).finish(), inputs);
}

/// Beside them numbers of a row, which are read before the folds and after them, and elements that
/// are stored. A GPU cuts such rows into parts.
TEST_P(FoldsOfDType, OfFewLongRowsGiveTheBitsOfTheEngine) {
  for (std::int64_t rows : {1, 3})
    for (std::int64_t length : {32767, 32768, 32769, 65537, 200001}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << length);
      GraphBuilder builder;
      const ValueRef x = builder.add_input({GetParam(), {rows, length}, {}});
      const ValueRef of_row = builder.add_input({GetParam(), {rows, 1}, {}});
      const ValueRef product = builder.add_instruction(Op::mul, {x, of_row})[0];
      builder.mark_output(product);
      const auto sum = [&](Op op) {
        return builder.add_instruction(op, {product}, fold_attributes(op, {1}, true))[0];
      };
      builder.mark_output(builder.add_instruction(Op::mul, {sum(Op::sum), of_row})[0]);
      builder.mark_output(sum(Op::amax));
      const Value inputs[] = {special_numbers(GetParam(), {rows, length}, 1),
                              special_numbers(GetParam(), {rows, 1}, 2)};
      ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(builder).finish(), inputs));
    }
}

INSTANTIATE_TEST_SUITE_P(DTypes, FoldsOfDType,
                         testing::Values(DType::kFloat32, DType::kFloat64, DType::kBFloat16,
                                         DType::kFloat16, DType::kInt64, DType::kInt32,
                                         DType::kUInt8),
                         [](const auto& tested) { return std::string(short_name(tested.param)); });

/// Rows without NaN, with one in the first or the last turn of a loop or behind it, and with
/// infinities whose sum is one.
TEST(Folds, ExtremaAloneKeepNaNWhereverItIs) {
  constexpr std::int64_t kLength = 1000, kRows = 6;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> numbers(static_cast<std::size_t>(kRows * kLength));
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<float>(i * 2654435761u % 1024) - 512;
  const auto at = [&](std::int64_t row, std::int64_t column) -> float& {
    return numbers[static_cast<std::size_t>(row * kLength + column)];
  };
  at(1, 3) = at(2, 959) = at(3, 970) = std::numeric_limits<float>::quiet_NaN();
  at(4, 70) = kInfinity;
  at(4, 6) = at(5, 6) = at(5, 70) = -kInfinity;
  for (Op op : {Op::amax, Op::amin}) {
    GraphBuilder builder;
    const ValueRef x = builder.add_input({DType::kFloat32, {kRows, kLength}, {}});
    builder.mark_output(builder.add_instruction(op, {x}, make_attributes(op, Shape{1}, false))[0]);
    const Value inputs[] = {test_engine().from_host(
        {DType::kFloat32, {kRows, kLength}, {}}, std::as_bytes(std::span<const float>(numbers)))};
    expect_same_bits(std::move(builder).finish(), inputs);
  }
}

/// Planes and columns lie in another order than they are walked, and what is beside them
/// broadcasts.
TEST(Folds, OfPlanesFollowStrides) {
  constexpr std::int64_t kPlanes = 3, kRows = 70, kColumns = 600;
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {kPlanes, kRows, kColumns}, {}});
  const ValueRef of_plane = builder.add_input({DType::kFloat32, {kPlanes, 1, 1}, {}});
  const ValueRef of_column = builder.add_input({DType::kFloat32, {kColumns}, {}});
  const ValueRef scaled = builder.add_instruction(Op::mul, {x, of_plane})[0];
  const ValueRef product = builder.add_instruction(Op::mul, {scaled, of_column})[0];
  builder.mark_output(product);
  for (const bool keep : {false, true})
    builder.mark_output(
        builder.add_instruction(Op::sum, {product}, fold_attributes(Op::sum, {1}, keep))[0]);
  const graph::Graph graph = std::move(builder).finish();
  const Value memory = special_numbers(DType::kFloat32, {kRows, kColumns, kPlanes}, 1);
  const Value inputs[] = {
      seen(memory, {kPlanes, kRows, kColumns}, {1, kColumns * kPlanes, kPlanes}, 0),
      special_numbers(DType::kFloat32, {kPlanes, 1, 1}, 2),
      special_numbers(DType::kFloat32, {kColumns}, 3)};
  expect_same_bits(graph, inputs);
  EXPECT_EQ(CompiledGraph(graph, inputs).kernel_count(), 1u);
}

TEST(Folds, OfOtherDTypesThanTheOperand) {
  GraphBuilder builder;
  const ValueRef flags = builder.add_input({DType::kBool, {4, 300}, {}});
  const ValueRef x = builder.add_input({DType::kFloat32, {4, 300}, {}});
  for (Op op : {Op::sum, Op::prod}) {
    builder.mark_output(
        builder.add_instruction(op, {flags}, make_attributes(op, Shape{1}, false, kNoDType))[0]);
    builder.mark_output(
        builder.add_instruction(op, {x}, make_attributes(op, Shape{1}, false, DType::kFloat64))[0]);
    builder.mark_output(
        builder.add_instruction(op, {x}, make_attributes(op, Shape{0}, false, DType::kInt32))[0]);
  }
  const Value inputs[] = {special_numbers(DType::kBool, {4, 300}, 1),
                          special_numbers(DType::kFloat32, {4, 300}, 2)};
  expect_same_bits(std::move(builder).finish(), inputs);
}

}  // namespace
}  // namespace gt::worker::jit

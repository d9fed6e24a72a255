// Rows that are shorter than a few vectors: walked as one run where they are only mapped, 64 at a
// time where columns are folded, in one step where rows are folded.
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/run_graph.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::GraphBuilder;
using graph::RecordedOperand;
using graph::ValueRef;

const Attributes kOne = make_attributes(Op::add, ScalarValue(1));
constexpr std::int64_t kLengths[] = {2, 7, 10, 16, 17, 33, 64, 127};

class ShortRows : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (!is_compiled(GetParam())) GTEST_SKIP() << "not on this machine";
  }
  static Value numbers(const Shape& shape, std::uint64_t seed = 1) {
    return special_numbers(GetParam(), shape, seed);
  }
  /// The sum and the comparison of values that broadcast, one after the other.
  static void expect_sums(std::initializer_list<Value> values, const RunOptions& options = {}) {
    GraphBuilder builder;
    ValueRef total, last;
    for (const Value& value : values) {
      last = builder.add_input({value.dtype, value.shape, {}});
      total = total.node == graph::kNoIndex
                  ? last
                  : builder.add_instruction(Op::add, {total, last}, kOne)[0];
    }
    builder.mark_output(total);
    builder.mark_output(builder.add_instruction(Op::gt, {total, last})[0]);
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(builder).finish(), values, options));
  }
};

/// More than a unit of a kernel, and less than a tile.
std::vector<std::int64_t> counts(std::int64_t length) { return {3, 20'000 / length + 1}; }

TEST_P(ShortRows, WithNumbersOfColumnsAndRowsGiveTheBitsOfTheEngine) {
  for (std::int64_t length : kLengths)
    for (std::int64_t count : counts(length)) {
      SCOPED_TRACE(testing::Message() << count << " x " << length);
      const Value x = numbers({count, length});
      expect_sums({x, numbers({length}, 2)});
      expect_sums({x, numbers({count, 1}, 2)}, {.one_unit_a_call = true});
      expect_sums({x, numbers({count, 1}, 2), numbers({length}, 3)}, {.one_unit_a_call = true});
    }
}

TEST_P(ShortRows, OfChannelsGiveTheBitsOfTheEngine) {
  for (std::int64_t length : {4, 9, 49, 100})
    for (std::int64_t channels : {3, 16, 50}) {
      SCOPED_TRACE(testing::Message() << channels << " x " << length);
      const Value x = numbers({9, channels, length});
      expect_sums({x, numbers({channels, 1}, 2)});
      expect_sums({x, numbers({channels, 1}, 2), numbers({9, 1, 1}, 3), numbers({length}, 4)},
                  {.one_unit_a_call = true});
      expect_sums({x, numbers({9, channels, 1}, 2), numbers({9, 1, length}, 3)});
    }
}

TEST_P(ShortRows, ThatLieApartGiveTheBitsOfTheEngine) {
  for (std::int64_t length : {3, 10, 33, 100}) {
    SCOPED_TRACE(length);
    const std::int64_t count = 9'000 / length + 1;
    const Value x = numbers({count, length});
    expect_sums({x, seen(numbers({count, length + 5}, 2), {count, length}, {length + 5, 1}, 3)});
    expect_sums({x, seen(numbers({length, count}, 2), {count, length}, {1, count}, 0)});
    expect_sums({x, seen(numbers({count, 2 * length}, 2), {count, length}, {2 * length, 2}, 0)});
    expect_sums({seen(numbers({count, length + 1}), {count, length}, {length + 1, 1}, 1),
                 seen(numbers({count, length + 2}, 2), {count, length}, {length + 2, 1}, 0)});
  }
}

TEST_P(ShortRows, OverTheirOperandsGiveTheBitsOfTheEngine) {
  for (std::int64_t length : {10, 33}) {
    const std::int64_t count = 20'000 / length + 1;
    GraphBuilder builder;
    const ValueRef x = builder.add_input({GetParam(), {count, length}, {}}, {.dies = true});
    const ValueRef bias = builder.add_input({GetParam(), {length}, {}});
    const ValueRef column = builder.add_input({GetParam(), {count, 1}, {}});
    const ValueRef sum = builder.add_instruction(Op::add, {x, bias}, kOne)[0];
    builder.mark_output(builder.add_instruction(Op::mul, {sum, column})[0]);
    const Value inputs[] = {numbers({count, length}), numbers({length}, 2), numbers({count, 1}, 3)};
    ASSERT_NO_FATAL_FAILURE(
        expect_same_bits(std::move(builder).finish(), inputs, {.overwrites = true}));
  }
}

/// Folds over dim `dim` of a product with numbers of columns and rows, which is stored as well.
TEST_P(ShortRows, AreFoldedToTheBitsOfTheEngine) {
  for (std::int64_t dim : {0, 1})
    for (std::int64_t length : {2, 10, 16, 33, 64, 100, 127})
      for (std::int64_t count : {1, 5, 63, 64, 65, 200, 4097, 9000}) {
        if (dim == 1 && count > 100) continue;
        if (count > 4097 && length > 10) continue;
        SCOPED_TRACE(testing::Message() << "dim " << dim << " of " << count << " x " << length);
        GraphBuilder builder;
        const ValueRef x = builder.add_input({GetParam(), {count, length}, {}});
        const ValueRef bias = builder.add_input({GetParam(), {length}, {}});
        const ValueRef column = builder.add_input({GetParam(), {count, 1}, {}});
        const ValueRef sum = builder.add_instruction(Op::add, {x, bias}, kOne)[0];
        const ValueRef product = builder.add_instruction(Op::mul, {sum, column})[0];
        builder.mark_output(product);
        builder.mark_output(builder.add_instruction(
            Op::sum, {product}, make_attributes(Op::sum, Shape{dim}, false, kNoDType))[0]);
        builder.mark_output(
            builder.add_instruction(Op::amax, {x}, make_attributes(Op::amax, Shape{dim}, true))[0]);
        const Value inputs[] = {numbers({count, length}), numbers({length}, 2),
                                numbers({count, 1}, 3)};
        ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(builder).finish(), inputs));
      }
}

INSTANTIATE_TEST_SUITE_P(DTypes, ShortRows,
                         testing::Values(DType::kFloat32, DType::kFloat64, DType::kBFloat16,
                                         DType::kInt64, DType::kUInt8),
                         [](const auto& tested) { return std::string(short_name(tested.param)); });

TEST(ShortRowsOfFloats, OfLossesAndNormsGiveTheBitsOfTheEngine) {
  for (std::int64_t length : {2, 10, 16, 32, 33, 100, 127}) {
    SCOPED_TRACE(length);
    const Shape matrix = {70, length}, row = {length};
    GraphBuilder builder;
    const ValueRef x = builder.add_input({DType::kFloat32, matrix, {}});
    const ValueRef weight = builder.add_input({DType::kFloat32, row, {}});
    for (Op op : {Op::softmax, Op::log_softmax}) {
      const ValueRef y = builder.add_instruction(op, {x}, make_attributes(op, 1, kNoDType))[0];
      const Op backward = op == Op::softmax ? Op::softmax_backward : Op::log_softmax_backward;
      builder.mark_output(y);
      builder.mark_output(builder.add_instruction(
          backward, {x, y}, make_attributes(backward, 1, DType::kFloat32))[0]);
    }
    const auto norm = builder.add_instruction(Op::native_layer_norm, {x, weight, weight},
                                              make_attributes(Op::native_layer_norm, row, 1e-5));
    for (ValueRef value : norm) builder.mark_output(value);
    for (ValueRef value : builder.add_instruction(
             Op::native_layer_norm_backward, {norm[0], x, norm[1], norm[2], weight, weight},
             make_attributes(Op::native_layer_norm_backward, row)))
      builder.mark_output(value);
    const Value inputs[] = {special_numbers(DType::kFloat32, matrix, 1),
                            special_numbers(DType::kFloat32, row, 2)};
    ASSERT_NO_FATAL_FAILURE(
        expect_same_bits(graph::run_passes(std::move(builder).finish()).graph, inputs));
  }
}

TEST(ShortRowsOfFloats, DrawTheNumbersOfTheEngine) {
  for (std::int64_t length : {3, 10, 33}) {
    const std::int64_t count = 20'000 / length + 1;
    GraphBuilder builder;
    const ValueRef x = builder.add_input({DType::kFloat32, {count, length}, {}});
    const ValueRef bias = builder.add_input({DType::kFloat32, {length}, {}});
    const ValueRef drawn = builder.add_instruction(
        Op::uniform, {},
        make_attributes(Op::uniform, Shape{count, length}, 0.0, 1.0, DType::kFloat32, 7, 3))[0];
    const ValueRef sum = builder.add_instruction(Op::add, {x, bias}, kOne)[0];
    builder.mark_output(builder.add_instruction(Op::mul, {sum, drawn})[0]);
    const Value inputs[] = {special_numbers(DType::kFloat32, {count, length}, 1),
                            special_numbers(DType::kFloat32, {length}, 2)};
    ASSERT_NO_FATAL_FAILURE(
        expect_same_bits(std::move(builder).finish(), inputs, {.one_unit_a_call = true}));
  }
}

/// Symbolic numbers of rows, and of elements in a row.
TEST(ShortRowsOfFloats, HaveSymbolicSizes) {
  const auto values = [](std::int64_t count, std::int64_t length) {
    return std::vector<Value>{special_numbers(DType::kFloat32, {count, 4, length}, 1),
                              special_numbers(DType::kFloat32, {4, 1}, 2),
                              special_numbers(DType::kFloat32, {count, 1, 1}, 3)};
  };
  GraphBuilder builder;
  const graph::SymbolIndex batch = builder.add_symbol("batch", 8);
  const graph::SymbolIndex time = builder.add_symbol("time", 10);
  const ValueRef x = builder.add_input({DType::kFloat32, {8, 4, 10}, {}});
  builder.set_symbolic(x, 0, {batch, 1, 0});
  builder.set_symbolic(x, 2, {time, 1, 0});
  const ValueRef channel = builder.add_input({DType::kFloat32, {4, 1}, {}});
  const ValueRef item = builder.add_input({DType::kFloat32, {8, 1, 1}, {}});
  builder.set_symbolic(item, 0, {batch, 1, 0});
  const ValueRef sum = builder.add_instruction(Op::add, {x, channel}, kOne)[0];
  const ValueRef product = builder.add_instruction(Op::mul, {sum, item})[0];
  builder.mark_output(product);
  for (std::int64_t dim : {0, 2})
    builder.mark_output(builder.add_instruction(
        Op::sum, {product}, make_attributes(Op::sum, Shape{dim}, false, kNoDType))[0]);
  const graph::Graph graph = std::move(builder).finish();
  const CompiledGraph compiled(graph, values(8, 10));
  const std::vector<std::uint64_t> bindings = sample_bindings(graph);
  for (std::int64_t count : {2, 8, 300})
    for (std::int64_t length : {2, 10, 33, 700}) {
      SCOPED_TRACE(testing::Message() << count << " x 4 x " << length);
      const auto inputs = values(count, length);
      ASSERT_NO_FATAL_FAILURE(expect_outputs(compiled, graph, inputs, bindings,
                                             run_graph(test_engine(), graph, inputs, bindings)));
    }
}

}  // namespace
}  // namespace gt::worker::jit

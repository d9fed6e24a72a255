// Loops as the passes make them: composites taken apart, broadcast and strided operands, horizontal
// groups, results over operands, sizes other than recorded, random graphs.
#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/random_graph.h"
#include "tests/unit/graph/run_graph.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::GraphBuilder;
using graph::RecordedOperand;
using graph::ValueRef;

const Attributes kAlpha = make_attributes(Op::add, ScalarValue(1));

/// Shorthand for graphs of one builder.
class Recorder {
 public:
  ValueRef input(DType dtype, const Shape& shape) { return builder_.add_input({dtype, shape, {}}); }
  ValueRef add(Op op, std::initializer_list<RecordedOperand> operands,
               const Attributes& attributes = {}) {
    return builder_.add_instruction(op, operands, attributes)[0];
  }
  void output(ValueRef value) { builder_.mark_output(value); }
  GraphBuilder& builder() { return builder_; }
  graph::Graph finish() && { return graph::run_passes(std::move(builder_).finish()).graph; }

 private:
  GraphBuilder builder_;
};

std::vector<DType> compiled_floats() {
  std::vector<DType> dtypes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16};
  if (is_compiled(DType::kFloat16)) dtypes.push_back(DType::kFloat16);
  return dtypes;
}

TEST(Composites, OfSoftmaxGiveTheBitsOfTheEngine) {
  for (DType dtype : compiled_floats())
    for (std::int64_t length : {3, 70, 1000, 5000})
      for (Op op : {Op::softmax, Op::log_softmax}) {
        SCOPED_TRACE(std::string(short_name(dtype)) + " " + std::to_string(length));
        Recorder recorder;
        const ValueRef x = recorder.input(dtype, {5, length});
        const ValueRef y = recorder.add(op, {x}, make_attributes(op, 1, kNoDType));
        const Op backward = op == Op::softmax ? Op::softmax_backward : Op::log_softmax_backward;
        recorder.output(y);
        recorder.output(recorder.add(backward, {x, y}, make_attributes(backward, 1, dtype)));
        const Value inputs[] = {special_numbers(dtype, {5, length}, 1)};
        ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(recorder).finish(), inputs));
      }
}

TEST(Composites, OfLayerNormAndItsGradientGiveTheBitsOfTheEngine) {
  for (DType dtype : compiled_floats())
    for (std::int64_t length : {3, 129, 5000}) {
      SCOPED_TRACE(std::string(short_name(dtype)) + " " + std::to_string(length));
      Recorder recorder;
      const ValueRef x = recorder.input(dtype, {70, length});
      const ValueRef weight = recorder.input(dtype, {length});
      const auto norm = recorder.builder().add_instruction(
          Op::native_layer_norm, {x, weight, weight},
          make_attributes(Op::native_layer_norm, Shape{length}, 1e-5));
      for (ValueRef value : norm) recorder.output(value);
      for (ValueRef value : recorder.builder().add_instruction(
               Op::native_layer_norm_backward, {norm[0], x, norm[1], norm[2], weight, weight},
               make_attributes(Op::native_layer_norm_backward, Shape{length})))
        recorder.output(value);
      const Value inputs[] = {special_numbers(dtype, {70, length}, 1),
                              special_numbers(dtype, {length}, 2)};
      ASSERT_NO_FATAL_FAILURE(
          expect_same_bits(std::move(recorder).finish(), inputs, {.one_unit_a_call = true}));
    }
}

TEST(Composites, OfAMeanSquaredErrorGiveTheBitsOfTheEngine) {
  Recorder recorder;
  const ValueRef x = recorder.input(DType::kFloat32, {3, 10007});
  const ValueRef y = recorder.input(DType::kFloat32, {3, 10007});
  const ValueRef loss = recorder.add(Op::mse_loss, {x, y}, make_attributes(Op::mse_loss, 1));
  recorder.output(loss);
  recorder.output(
      recorder.add(Op::mse_loss_backward, {loss, x, y}, make_attributes(Op::mse_loss_backward, 1)));
  const Value inputs[] = {special_numbers(DType::kFloat32, {3, 10007}, 1),
                          special_numbers(DType::kFloat32, {3, 10007}, 2)};
  expect_same_bits(std::move(recorder).finish(), inputs);
}

/// `rounds` times `x = tanh(sigmoid(x) * y - x)`: so much arithmetic that several vectors are
/// computed together, the more the longer it is.
ValueRef long_arithmetic(Recorder& recorder, ValueRef x, ValueRef y, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const ValueRef product = recorder.add(Op::mul, {recorder.add(Op::sigmoid, {x}), y});
    const ValueRef difference = recorder.add(Op::sub, {product, x}, kAlpha);
    x = recorder.add(Op::tanh, {difference});
  }
  return x;
}

class LongArithmetic : public testing::TestWithParam<int> {};

TEST_P(LongArithmetic, GivesTheBitsOfTheEngineWhereverARowEnds) {
  for (std::int64_t length : {1, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127, 128, 129, 200, 300}) {
    SCOPED_TRACE(length);
    Recorder recorder;
    const ValueRef x = recorder.input(DType::kFloat32, {3, length});
    const ValueRef y = recorder.input(DType::kFloat32, {3, 1});
    recorder.output(long_arithmetic(recorder, x, y, GetParam()));
    const Value inputs[] = {special_numbers(DType::kFloat32, {3, length}, 1),
                            special_numbers(DType::kFloat32, {3, 1}, 2)};
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(recorder).finish(), inputs));
  }
}

TEST_P(LongArithmetic, IsFoldedToTheBitsOfTheEngine) {
  for (std::int64_t dim : {0, 1})
    for (std::int64_t length : {7, 64, 100, 193}) {
      SCOPED_TRACE(std::to_string(dim) + " of " + std::to_string(length));
      Recorder recorder;
      const ValueRef x = recorder.input(DType::kFloat32, {70, length});
      const ValueRef y = recorder.input(DType::kFloat32, {length});
      const ValueRef made = long_arithmetic(recorder, x, y, GetParam());
      recorder.output(made);
      recorder.output(
          recorder.add(Op::sum, {made}, make_attributes(Op::sum, Shape{dim}, false, kNoDType)));
      const Value inputs[] = {special_numbers(DType::kFloat32, {70, length}, 1),
                              special_numbers(DType::kFloat32, {length}, 2)};
      ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(recorder).finish(), inputs));
    }
}

INSTANTIATE_TEST_SUITE_P(Rounds, LongArithmetic, testing::Values(1, 4));

class StridedOperands : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (!is_compiled(GetParam())) GTEST_SKIP() << "not on this machine";
  }
  static void expect_sums(const Value& x, const Value& y) {
    Recorder recorder;
    const ValueRef a = recorder.input(x.dtype, x.shape);
    const ValueRef b = recorder.input(y.dtype, y.shape);
    const ValueRef total = recorder.add(Op::add, {a, b}, kAlpha);
    recorder.output(recorder.add(Op::exp, {total}));
    recorder.output(recorder.add(Op::gt, {a, b}));
    const Value inputs[] = {x, y};
    expect_same_bits(std::move(recorder).finish(), inputs);
  }
  static Value numbers(const Shape& shape, std::uint64_t seed = 1) {
    return special_numbers(GetParam(), shape, seed);
  }
};

TEST_P(StridedOperands, Transposed) {
  expect_sums(numbers({70, 33}), seen(numbers({33, 70}, 2), {70, 33}, {1, 70}, 0));
  expect_sums(numbers({3, 5}), seen(numbers({5, 3}, 2), {3, 5}, {1, 3}, 0));
  expect_sums(numbers({300, 200}), seen(numbers({200, 300}, 2), {300, 200}, {1, 300}, 0));
}
TEST_P(StridedOperands, CutOut) {
  expect_sums(numbers({20, 150}), seen(numbers({20, 200}, 2), {20, 150}, {200, 1}, 30));
  expect_sums(numbers({20, 5}), seen(numbers({20, 9}, 2), {20, 5}, {9, 1}, 3));
}
TEST_P(StridedOperands, WithSteps) {
  expect_sums(numbers({500}), seen(numbers({1000}, 2), {500}, {2}, 1));
  expect_sums(numbers({7, 130}), seen(numbers({7, 390}, 2), {7, 130}, {390, 3}, 0));
}
TEST_P(StridedOperands, Expanded) {
  expect_sums(numbers({70, 200}), seen(numbers({200}, 2), {70, 200}, {0, 1}, 0));
  expect_sums(numbers({70, 200}), seen(numbers({70}, 2), {70, 200}, {1, 0}, 0));
  expect_sums(numbers({4, 5, 6}), seen(numbers({5}, 2), {4, 5, 6}, {0, 1, 0}, 0));
}
TEST_P(StridedOperands, Broadcast) {
  expect_sums(numbers({70, 200}), numbers({200}, 2));
  expect_sums(numbers({70, 200}), numbers({70, 1}, 2));
  expect_sums(numbers({70, 1}), numbers({1, 200}, 2));
  expect_sums(numbers({70, 3}), numbers({3}, 2));
  expect_sums(numbers({4, 1, 6, 7}), numbers({5, 1, 7}, 2));
  expect_sums(numbers({2, 40000}), numbers({2, 1}, 2));
  expect_sums(numbers({}), numbers({130}, 2));
}

INSTANTIATE_TEST_SUITE_P(DTypes, StridedOperands,
                         testing::Values(DType::kFloat32, DType::kFloat64, DType::kBFloat16,
                                         DType::kFloat16, DType::kInt64, DType::kInt16,
                                         DType::kUInt8, DType::kBool),
                         [](const auto& tested) { return std::string(short_name(tested.param)); });

/// Divisions by a number of the row take a short way; these dividends and divisors try its bounds
/// and hard cases of rounding.
TEST(DivisionsByANumberOfTheRow, RoundAsDivisionsDo) {
  constexpr std::int64_t kRows = 600, kLength = 512;
  std::mt19937_64 generator(graph::first_seed());
  const auto random_floats = [&](std::int64_t count, int exponents) {
    std::vector<float> elements(static_cast<std::size_t>(count));
    for (float& element : elements) {
      const auto exponent = static_cast<std::uint32_t>(
          127 - exponents + static_cast<int>(generator() % (2 * static_cast<unsigned>(exponents))));
      const auto mantissa = static_cast<std::uint32_t>(
          generator() % 4 == 0 ? 0x7FFFFF - generator() % 8 : generator() % 0x800000);
      const auto sign = static_cast<std::uint32_t>(generator() % 2) << 31;
      element = std::bit_cast<float>(sign | exponent << 23 | mantissa);
    }
    return elements;
  };
  for (int exponents : {1, 22, 110}) {
    Recorder recorder;
    const ValueRef x = recorder.input(DType::kFloat32, {kRows, kLength});
    const ValueRef d = recorder.input(DType::kFloat32, {kRows, 1});
    const ValueRef total =
        recorder.add(Op::sum, {x}, make_attributes(Op::sum, Shape{1}, true, kNoDType));
    const ValueRef zero = recorder.add(Op::mul, {total, ScalarValue(0.0)});
    recorder.output(recorder.add(Op::div, {x, recorder.add(Op::add, {d, zero}, kAlpha)}));
    const std::vector<float> dividends = random_floats(kRows * kLength, exponents);
    const std::vector<float> divisors = random_floats(kRows, exponents);
    const auto value = [](const Shape& shape, const std::vector<float>& elements) {
      return test_engine().from_host({DType::kFloat32, shape, {}},
                                     std::as_bytes(std::span<const float>(elements)));
    };
    const Value inputs[] = {value({kRows, kLength}, dividends), value({kRows, 1}, divisors)};
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(recorder).finish(), inputs));
  }
}

TEST(StridedFolds, GiveTheBitsOfTheEngine) {
  const Value value = special_numbers(DType::kFloat32, {6, 70, 90}, 1);
  const Value permuted = seen(value, {90, 70, 6}, {1, 90, 6300}, 0);
  for (const Shape& dims : {Shape{0}, Shape{1, 2}, Shape{2}, Shape{0, 1}, Shape{0, 1, 2}}) {
    Recorder recorder;
    const ValueRef x = recorder.input(DType::kFloat32, {90, 70, 6});
    const ValueRef y = recorder.add(Op::tanh, {x});
    recorder.output(y);
    recorder.output(recorder.add(Op::sum, {y}, make_attributes(Op::sum, dims, false, kNoDType)));
    recorder.output(recorder.add(Op::amax, {x}, make_attributes(Op::amax, dims, true)));
    const Value inputs[] = {permuted};
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(recorder).finish(), inputs));
  }
}

/// Steps of AdamW of parameters of these shapes.
graph::Graph optimizer(std::span<const Shape> shapes) {
  Recorder recorder;
  for (const Shape& shape : shapes) {
    std::vector<RecordedOperand> operands;
    for (int k = 0; k < 4; ++k)
      operands.emplace_back(
          recorder.builder().add_input({DType::kFloat32, shape, {}}, {.dies = true}));
    for (ValueRef made : recorder.builder().add_instruction(
             Op::adam_update, operands,
             make_attributes(Op::adam_update, 1e-3, 0.9, 0.999, 1e-8, 0.01, 3, true)))
      recorder.output(made);
  }
  return std::move(recorder).finish();
}

TEST(HorizontalGroups, GiveTheBitsOfTheEngine) {
  const Shape shapes[] = {{300, 200}, {200}, {3, 5, 7}, {1}, {20000}};
  std::vector<Value> inputs;
  for (const Shape& shape : shapes)
    for (std::uint64_t k = 0; k < 4; ++k)
      inputs.push_back(special_numbers(DType::kFloat32, shape, k + 1));
  const graph::Graph graph = optimizer(shapes);
  expect_same_bits(graph, inputs, {.one_unit_a_call = true});
  expect_same_bits(graph, inputs, {.overwrites = true});
}

TEST(HorizontalGroups, ShareTheCodeOfTheirLoops) {
  const auto object_size = [](std::span<const Shape> shapes) {
    std::vector<Value> inputs;
    for (const Shape& shape : shapes)
      for (std::uint64_t k = 0; k < 4; ++k)
        inputs.push_back(special_numbers(DType::kFloat32, shape, k + 1));
    return CompiledGraph(optimizer(shapes), inputs).module().object().size();
  };
  const Shape few[] = {{30, 20}};
  const Shape many[] = {{30, 20}, {40}, {50}, {60}, {70}, {80}, {90}, {10, 10}};
  EXPECT_LT(object_size(many), 3 * object_size(few));
}

TEST(Overwriting, GivesTheBitsOfTheEngine) {
  for (DType dtype : compiled_floats()) {
    Recorder recorder;
    const ValueRef x = recorder.builder().add_input({dtype, {70, 45}, {}}, {.dies = true});
    const ValueRef y = recorder.builder().add_input({dtype, {70, 45}, {}}, {.dies = true});
    const ValueRef total = recorder.add(Op::add, {x, y}, kAlpha);
    recorder.output(recorder.add(Op::exp, {total}));
    recorder.output(recorder.add(Op::mul, {x, total}));
    recorder.output(
        recorder.add(Op::sum, {total}, make_attributes(Op::sum, Shape{1}, false, kNoDType)));
    const Value inputs[] = {special_numbers(dtype, {70, 45}, 1),
                            special_numbers(dtype, {70, 45}, 2)};
    ASSERT_NO_FATAL_FAILURE(
        expect_same_bits(std::move(recorder).finish(), inputs, {.overwrites = true}));
  }
}

TEST(SymbolicSizes, ServeRunsOfOtherSizes) {
  Recorder recorder;
  GraphBuilder& builder = recorder.builder();
  const graph::SymbolIndex batch = builder.add_symbol("batch", 8);
  const ValueRef x = builder.add_input({DType::kFloat32, {8, 3, 40}, {}});
  builder.set_symbolic(x, 0, {batch, 1, 0});
  const ValueRef bias = builder.add_input({DType::kFloat32, {3, 40}, {}});
  const ValueRef y = recorder.add(Op::softmax, {recorder.add(Op::add, {x, bias}, kAlpha)},
                                  make_attributes(Op::softmax, 2, kNoDType));
  recorder.output(y);
  for (const Shape& dims : {Shape{0}, Shape{}, Shape{0, 1}, Shape{1}})
    recorder.output(recorder.add(Op::mean, {y}, make_attributes(Op::mean, dims, false, kNoDType)));
  const graph::Graph graph = std::move(recorder).finish();
  const auto values = [](std::int64_t n) {
    return std::vector<Value>{special_numbers(DType::kFloat32, {n, 3, 40}, 1),
                              special_numbers(DType::kFloat32, {3, 40}, 2)};
  };
  const CompiledGraph compiled(graph, values(8));
  EXPECT_GT(compiled.kernel_count(), 1u);
  const std::vector<std::uint64_t> bindings = sample_bindings(graph);
  for (std::int64_t n : {2, 3, 8, 64, 700}) {
    const auto expected = run_graph(test_engine(), graph, values(n), bindings);
    const auto actual = compiled.run(values(n), bindings);
    for (std::size_t k = 0; k < actual.size(); ++k)
      EXPECT_EQ(graph::bits_of(test_engine(), actual[k]),
                graph::bits_of(test_engine(), expected[k]))
          << "output " << k << " at " << n;
  }
}

TEST(Bindings, OfAnotherRunReachTheKernel) {
  const Shape shapes[] = {{1000}};
  const graph::Graph graph = optimizer(shapes);
  std::vector<Value> inputs;
  for (std::uint64_t k = 0; k < 4; ++k)
    inputs.push_back(special_numbers(DType::kFloat32, {1000}, k + 1));
  std::vector<std::uint64_t> bindings = sample_bindings(graph);
  bindings[0] = std::bit_cast<std::uint64_t>(0.025);  // lr
  bindings[5] = 17;                                   // step
  const CompiledGraph compiled(graph, inputs);
  const auto expected = run_graph(test_engine(), graph, inputs, bindings);
  const auto actual = compiled.run(inputs, bindings);
  for (std::size_t k = 0; k < actual.size(); ++k)
    EXPECT_EQ(graph::bits_of(test_engine(), actual[k]), graph::bits_of(test_engine(), expected[k]));
}

class RandomGraphs : public testing::TestWithParam<bool> {};

TEST_P(RandomGraphs, GiveTheBitsOfTheInterpreter) {
  constexpr int kGraphs = 60;
  for (int i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = graph::first_seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    graph::RandomGraph random(seed, 60);
    const graph::Graph graph = graph::run_passes(random.graph()).graph;
    const std::vector<Value> inputs = random.inputs(test_engine());
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, inputs, {.overwrites = GetParam()}));
  }
}

INSTANTIATE_TEST_SUITE_P(Overwriting, RandomGraphs, testing::Bool());

}  // namespace
}  // namespace gt::worker::jit

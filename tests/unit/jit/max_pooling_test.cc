// Max pooling over windows of two by two within kernels, forward and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/fusion/recompute.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/run_graph.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::Graph;
using graph::GraphBuilder;
using graph::RecordedOperand;
using graph::ValueRef;
using ::testing::HasSubstr;
using ::testing::Not;

const Attributes kZero = make_attributes(Op::threshold_backward, ScalarValue(0));

Attributes pooling(std::int64_t kernel = 2, std::int64_t stride = 2, std::int64_t padding = 0) {
  const std::int64_t window[] = {kernel, kernel, stride, stride, padding, padding, 1, 1};
  return make_attributes(Op::max_pool2d_with_indices, Shape{std::span<const std::int64_t>(window)},
                         false);
}

ValueRef pool_back(GraphBuilder& builder, ValueRef grad, ValueRef positions, const Shape& images) {
  return builder.add_instruction(
      Op::max_pool2d_backward, {grad, positions},
      make_attributes(Op::max_pool2d_backward, Shape{images[2], images[3]}))[0];
}

Shape pooled(Shape images) {
  for (std::size_t d : {2, 3}) images[d] /= 2;
  return images;
}

/// Numbers of which some are equal.
Value grid_numbers(DType dtype, const Shape& shape, std::uint64_t seed) {
  GraphBuilder builder;
  const ValueRef drawn = builder.add_instruction(
      Op::randint, {}, make_attributes(Op::randint, shape, -40, 41, DType::kInt64, seed, 1))[0];
  const ValueRef number =
      builder.add_instruction(Op::to, {drawn}, make_attributes(Op::to, dtype))[0];
  builder.mark_output(builder.add_instruction(Op::mul, {number, ScalarValue(0.0625)})[0]);
  const Graph graph = std::move(builder).finish();
  return run_graph(test_engine(), graph, {}, sample_bindings(graph))[0];
}

DType channel_dtype(DType dtype) { return dtype == DType::kFloat64 ? dtype : DType::kFloat32; }

/// Batch norm of images (count, channels, height, width), ReLU and pooling, and the gradients.
Graph network_block(DType dtype, const Shape& images, bool any_count = false) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({dtype, images, {}});
  const ValueRef weight = builder.add_input({channel_dtype(dtype), {images[1]}, {}});
  const ValueRef grad = builder.add_input({dtype, pooled(images), {}});
  if (any_count) {
    const graph::SymbolIndex count = builder.add_symbol("count", images[0]);
    builder.set_symbolic(x, 0, {count, 1, 0});
    builder.set_symbolic(grad, 0, {count, 1, 0});
  }
  const auto norm = builder.add_instruction(
      Op::native_batch_norm, {x, weight, weight, RecordedOperand(), RecordedOperand()},
      make_attributes(Op::native_batch_norm, true, 1e-5));
  const ValueRef positive = builder.add_instruction(Op::relu, {norm[0]})[0];
  const auto largest = builder.add_instruction(Op::max_pool2d_with_indices, {positive}, pooling());
  const ValueRef sent = pool_back(builder, grad, largest[1], images);
  const ValueRef through =
      builder.add_instruction(Op::threshold_backward, {sent, positive}, kZero)[0];
  builder.mark_output(largest[0]);
  for (ValueRef value : builder.add_instruction(
           Op::native_batch_norm_backward, {through, x, norm[1], norm[2], weight},
           make_attributes(Op::native_batch_norm_backward, true)))
    builder.mark_output(value);
  return std::move(builder).finish();
}

/// Images times numbers of channels, pooled, and the gradient of the product.
Graph scaled(DType dtype, const Shape& images) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({dtype, images, {}});
  const ValueRef factor = builder.add_input({dtype, {images[1], 1, 1}, {}});
  const ValueRef grad = builder.add_input({dtype, pooled(images), {}});
  const ValueRef product = builder.add_instruction(Op::mul, {x, factor})[0];
  const auto largest = builder.add_instruction(Op::max_pool2d_with_indices, {product}, pooling());
  const ValueRef sent = pool_back(builder, grad, largest[1], images);
  builder.mark_output(largest[0]);
  builder.mark_output(builder.add_instruction(Op::mul, {sent, factor})[0]);
  return std::move(builder).finish();
}

/// What a program makes of it.
Graph prepared(const Graph& graph) {
  Graph made = graph::run_passes(graph).graph;
  for (int round = 0; round < 3; ++round) {
    const graph::FusionPlan plan = plan_fusion(made);
    std::optional<Graph> other = recompute_cheap(made, plan);
    if (!other || bytes_moved(*other, plan_fusion(*other)) >= bytes_moved(made, plan)) break;
    made = std::move(*other);
  }
  return made;
}

void expect_bits_in_kernels(const Graph& graph, std::span<const Value> inputs,
                            const RunOptions& options = {}) {
  expect_same_bits(graph, prepared(graph), {"max_pool2d"}, inputs, options);
}

/// Planes of several sizes, of 512 KiB together for elements of so many bytes.
std::vector<Shape> many_images(std::size_t bytes) {
  std::vector<Shape> shapes;
  for (const auto& [height, width] :
       {std::pair{28, 28}, {14, 14}, {2, 2}, {6, 10}, {2, 34}, {34, 2}, {126, 130}, {60, 64}}) {
    const std::int64_t channels = height * width > 2000 ? 3 : 13;
    const auto elements = static_cast<std::int64_t>((std::size_t{512} << 10) / bytes);
    shapes.push_back({elements / (channels * height * width) + 1, channels, height, width});
  }
  return shapes;
}

class MaxPooling : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (!test_compiler().goes_by_index()) GTEST_SKIP() << "pooling is no part of its kernels";
    if (!is_compiled(GetParam())) GTEST_SKIP() << "not on this machine";
  }
};

TEST_P(MaxPooling, OfNormalisedImagesHasTheBitsOfTheEngine) {
  const DType dtype = GetParam();
  for (const Shape& images : many_images(size_of(dtype))) {
    SCOPED_TRACE(testing::Message() << images[0] << " x " << images[2] << " x " << images[3]);
    const Value inputs[] = {grid_numbers(dtype, images, 1),
                            grid_numbers(channel_dtype(dtype), {images[1]}, 2),
                            grid_numbers(dtype, pooled(images), 3)};
    ASSERT_NO_FATAL_FAILURE(expect_bits_in_kernels(network_block(dtype, images), inputs));
  }
}

TEST_P(MaxPooling, OfSpecialNumbersHasTheBitsOfTheEngine) {
  const DType dtype = GetParam();
  for (const Shape& images : many_images(size_of(dtype))) {
    SCOPED_TRACE(testing::Message() << images[0] << " x " << images[2] << " x " << images[3]);
    const Value inputs[] = {special_numbers(dtype, images, 1),
                            special_numbers(dtype, {images[1], 1, 1}, 2),
                            special_numbers(dtype, pooled(images), 3)};
    ASSERT_NO_FATAL_FAILURE(
        expect_bits_in_kernels(scaled(dtype, images), inputs, {.one_unit_a_call = true}));
  }
}

/// Rows of which every other element is read, and sums of them.
TEST_P(MaxPooling, EveryOtherElementHasTheBitsOfTheEngine) {
  for (std::int64_t length : {1, 7, 32, 130, 300, 8000}) {
    SCOPED_TRACE(length);
    const Shape shape = {5, 3, length};
    GraphBuilder builder;
    const ValueRef x = builder.add_input({GetParam(), shape, {}});
    const ValueRef factor = builder.add_input({GetParam(), {3, 1}, {}});
    const ValueRef product = builder.add_instruction(Op::mul, {x, factor})[0];
    builder.mark_output(product);
    builder.mark_output(builder.add_instruction(
        Op::sum, {product}, make_attributes(Op::sum, Shape{2}, false, kNoDType))[0]);
    const Value inputs[] = {seen(special_numbers(GetParam(), {5, 3, 2 * length + 1}, 1), shape,
                                 {3 * (2 * length + 1), 2 * length + 1, 2}, 1),
                            special_numbers(GetParam(), {3, 1}, 2)};
    ASSERT_NO_FATAL_FAILURE(
        expect_same_bits(std::move(builder).finish(), inputs, {.one_unit_a_call = true}));
  }
}

INSTANTIATE_TEST_SUITE_P(DTypes, MaxPooling,
                         testing::Values(DType::kFloat32, DType::kFloat64, DType::kBFloat16,
                                         DType::kFloat16),
                         [](const auto& tested) { return std::string(short_name(tested.param)); });

class MaxPoolingOfFloats : public testing::Test {
 protected:
  void SetUp() override {
    if (!test_compiler().goes_by_index()) GTEST_SKIP() << "pooling is no part of its kernels";
  }
};

TEST_F(MaxPoolingOfFloats, OverItsOperandHasTheBitsOfTheEngine) {
  const Shape images = {24, 32, 28, 28};
  const Value inputs[] = {grid_numbers(DType::kFloat32, images, 1),
                          grid_numbers(DType::kFloat32, {32}, 2),
                          grid_numbers(DType::kFloat32, pooled(images), 3)};
  expect_bits_in_kernels(network_block(DType::kFloat32, images), inputs, {.overwrites = true});
}

TEST_F(MaxPoolingOfFloats, HasASymbolicCountOfImages) {
  const auto values = [](std::int64_t count) {
    const Shape images = {count, 32, 28, 28};
    return std::vector<Value>{grid_numbers(DType::kFloat32, images, 1),
                              grid_numbers(DType::kFloat32, {32}, 2),
                              grid_numbers(DType::kFloat32, pooled(images), 3)};
  };
  const Graph graph = network_block(DType::kFloat32, {24, 32, 28, 28}, true);
  const CompiledGraph compiled(prepared(graph), values(24));
  EXPECT_THAT(to_text(compiled.graph()), Not(HasSubstr("max_pool2d")));
  for (std::int64_t count : {24, 7, 40}) {
    SCOPED_TRACE(count);
    const std::vector<Value> inputs = values(count);
    std::vector<std::uint64_t> bindings = sample_bindings(graph);
    const auto expected = run_graph(test_engine(), graph, inputs, bindings);
    ASSERT_NO_FATAL_FAILURE(expect_outputs(compiled, compiled.graph(), inputs, bindings, expected));
  }
}

/// The text of a graph that pools `op` of images, with its positions as an output if wanted.
std::string pooled_text(const Shape& images, const Attributes& window, bool gives_positions = false,
                        Op op = Op::relu) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, images, {}});
  const ValueRef made = builder.add_instruction(op, {x})[0];
  const auto largest = builder.add_instruction(Op::max_pool2d_with_indices, {made}, window);
  builder.mark_output(largest[0]);
  if (gives_positions) builder.mark_output(largest[1]);
  return to_text(graph::run_passes(std::move(builder).finish()).graph);
}

TEST_F(MaxPoolingOfFloats, StaysACallWhereKernelsDoNotGain) {
  const Shape images = {8, 32, 28, 28};
  EXPECT_THAT(pooled_text(images, pooling()), Not(HasSubstr("max_pool2d")));
  EXPECT_THAT(pooled_text({4, 32, 28, 28}, pooling()), HasSubstr("max_pool2d")) << "small";
  EXPECT_THAT(pooled_text({2, 2, 512, 512}, pooling()), HasSubstr("max_pool2d")) << "large planes";
  EXPECT_THAT(pooled_text(images, pooling(), true), HasSubstr("max_pool2d")) << "positions";
  EXPECT_THAT(pooled_text(images, pooling(), false, Op::tanh), HasSubstr("max_pool2d")) << "dear";
  EXPECT_THAT(pooled_text({8, 32, 28, 29}, pooling()), HasSubstr("max_pool2d")) << "odd";
  EXPECT_THAT(pooled_text(images, pooling(3)), HasSubstr("max_pool2d")) << "overlapping";
  EXPECT_THAT(pooled_text(images, pooling(2, 1)), HasSubstr("max_pool2d")) << "overlapping";
  EXPECT_THAT(pooled_text(images, pooling(2, 2, 1)), HasSubstr("max_pool2d")) << "padded";
}

}  // namespace
}  // namespace gt::worker::jit

// Graphs on the engine where random ones do not reach: long rows, and sizes other than recorded.
#include <gtest/gtest.h>

#include <random>

#include "common/graph/fusion/fusion.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/random_graph.h"
#include "tests/unit/graph/run_graph.h"

namespace gt::graph {
namespace {

worker::Engine& engine() {
  static const std::unique_ptr<worker::Engine> made =
      worker::make_engine({.memory_limit = std::size_t{1} << 30});
  return *made;
}

worker::Value numbers(const Shape& shape, std::uint64_t seed, float least = -3) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<float> draw(least, 3);
  std::vector<float> elements(static_cast<std::size_t>(element_count(shape)));
  for (float& element : elements) element = draw(generator);
  return engine().from_host({DType::kFloat32, shape, {}},
                            std::as_bytes(std::span<const float>(elements)));
}

/// Runs the graph before and after all passes and compares bits.
void expect_same_bits(const Graph& before, std::span<const worker::Value> inputs,
                      std::span<const std::uint64_t> bindings) {
  const PassRun run = run_passes(before);
  EXPECT_FALSE(run.graph == before) << "nothing was decomposed";
  const auto expected = run_graph(engine(), before, inputs, bindings);
  const auto actual = run_graph(engine(), run.graph, inputs, bindings);
  for (std::size_t k = 0; k < expected.size(); ++k)
    EXPECT_EQ(bits_of(engine(), actual[k]), bits_of(engine(), expected[k])) << "output " << k;
}

constexpr std::int64_t kRow = 10007;  // more than two blocks of the reduction tree

TEST(Decompositions, KeepBitsOfLongRowsOfSoftmax) {
  for (Op op : {Op::softmax, Op::log_softmax}) {
    GraphBuilder builder;
    const ValueRef x = builder.add_input({DType::kFloat32, {3, kRow}, {}});
    builder.mark_output(builder.add_instruction(op, {x}, make_attributes(op, 1, kNoDType))[0]);
    const Graph graph = std::move(builder).finish();
    const worker::Value inputs[] = {numbers({3, kRow}, 1)};
    expect_same_bits(graph, inputs, sample_bindings(graph));
  }
}

TEST(Decompositions, KeepBitsOfLongRowsOfLayerNormAndItsGradient) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {5, kRow}, {}});
  const ValueRef weight = builder.add_input({DType::kFloat32, {kRow}, {}});
  const auto norm =
      builder.add_instruction(Op::native_layer_norm, {x, weight, weight},
                              make_attributes(Op::native_layer_norm, Shape{kRow}, 1e-5));
  for (ValueRef value : norm) builder.mark_output(value);
  for (ValueRef value : builder.add_instruction(
           Op::native_layer_norm_backward, {norm[0], x, norm[1], norm[2], weight, weight},
           make_attributes(Op::native_layer_norm_backward, Shape{kRow})))
    builder.mark_output(value);
  const Graph graph = std::move(builder).finish();
  const worker::Value inputs[] = {numbers({5, kRow}, 1), numbers({kRow}, 2)};
  expect_same_bits(graph, inputs, sample_bindings(graph));
}

TEST(Decompositions, KeepBitsOfGradientsOverManyRows) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {kRow, 6}, {}});
  const auto norm =
      builder.add_instruction(Op::native_layer_norm, {x, RecordedOperand(), RecordedOperand()},
                              make_attributes(Op::native_layer_norm, Shape{6}, 1e-5));
  for (ValueRef value :
       builder.add_instruction(Op::native_layer_norm_backward,
                               {x, x, norm[1], norm[2], RecordedOperand(), RecordedOperand()},
                               make_attributes(Op::native_layer_norm_backward, Shape{6})))
    builder.mark_output(value);
  const Graph graph = std::move(builder).finish();
  const worker::Value inputs[] = {numbers({kRow, 6}, 1)};
  expect_same_bits(graph, inputs, sample_bindings(graph));
}

/// Batch norm of input 0, of this shape, and its gradient, with values of all inputs.
struct BatchNormCase {
  BatchNormCase(const Shape& shape, bool training, bool is_affine, bool any_batch = false) {
    GraphBuilder builder;
    const ValueRef x = add(builder, shape);
    if (any_batch) builder.set_symbolic(x, 0, {builder.add_symbol("batch", shape[0]), 1, 0});
    std::vector<RecordedOperand> operands = {x};
    for (int k = 1; k < 5; ++k)
      operands.push_back((k < 3 ? is_affine : !training)
                             ? RecordedOperand(add(builder, {shape[1]}, k == 4 ? 0.5F : -3.0F))
                             : RecordedOperand());
    const auto norm = builder.add_instruction(
        Op::native_batch_norm, operands, make_attributes(Op::native_batch_norm, training, 1e-5));
    const auto gradients = builder.add_instruction(
        Op::native_batch_norm_backward, {norm[0], x, norm[1], norm[2], operands[1]},
        make_attributes(Op::native_batch_norm_backward, training));
    for (ValueRef value : norm) builder.mark_output(value);
    for (ValueRef value : gradients) builder.mark_output(value);
    graph = std::move(builder).finish();
  }

  Graph graph;
  std::vector<worker::Value> inputs;

 private:
  ValueRef add(GraphBuilder& builder, const Shape& shape, float least = -3) {
    inputs.push_back(numbers(shape, inputs.size(), least));
    return builder.add_input({DType::kFloat32, shape, {}});
  }
};

TEST(Decompositions, KeepBitsOfBatchNorm) {
  // Runs of channels: folded one by one, of one image, of several blocks, joined, and columns.
  const Shape shapes[] = {{4, 3, 5, 5}, {1, 3, 5, 5}, {3, 2, 71, 71}, {700, 3, 2, 4}, {kRow, 3}};
  for (const Shape& shape : shapes)
    for (const bool training : {true, false})
      for (const bool is_affine : {true, false}) {
        SCOPED_TRACE(testing::Message() << "first size " << shape[0] << ", training " << training);
        const BatchNormCase norm(shape, training, is_affine);
        expect_same_bits(norm.graph, norm.inputs, sample_bindings(norm.graph));
      }
}

/// Of dims that do not lie side by side in tensors of 2 MiB and more.
TEST(Decompositions, KeepBitsOfFoldsOverAnyDims) {
  const Shape shape = {3, 40, 70, 65};
  for (const Shape& dims : {Shape{1}, Shape{0, 2}, Shape{3, 0}, Shape{0, 2, 3}, Shape{1, 2}})
    for (const bool keep : {false, true}) {
      SCOPED_TRACE(to_string(dims));
      GraphBuilder builder;
      const ValueRef x = builder.add_input({DType::kFloat32, shape, {}});
      const ValueRef y = builder.add_instruction(Op::relu, {x})[0];
      for (const Op op : {Op::sum, Op::mean, Op::prod})
        builder.mark_output(
            builder.add_instruction(op, {y}, make_attributes(op, dims, keep, kNoDType))[0]);
      for (const Op op : {Op::amax, Op::amin, Op::logsumexp})
        builder.mark_output(builder.add_instruction(op, {x}, make_attributes(op, dims, keep))[0]);
      builder.mark_output(
          builder.add_instruction(Op::var, {x}, make_attributes(Op::var, dims, keep, 1.0))[0]);
      builder.mark_output(builder.add_instruction(
          Op::sum, {y}, make_attributes(Op::sum, dims, keep, DType::kFloat64))[0]);
      const Graph graph = std::move(builder).finish();
      const worker::Value inputs[] = {numbers(shape, 1)};
      expect_same_bits(graph, inputs, sample_bindings(graph));
      const Graph rows = run_passes(graph).graph;
      for (const Group& group : plan_fusion(rows).groups)
        EXPECT_NE(group.kind, Group::Kind::call) << to_text(rows, plan_fusion(rows));
    }
}

/// The engine's copy stays in a cache, and kernels would take positions apart.
TEST(Decompositions, LeaveSmallFoldsOverDimsThatLieApart) {
  const auto group_of_sum = [](const Shape& dims) {
    GraphBuilder builder;
    const ValueRef x = builder.add_input({DType::kFloat32, {3, 4, 70, 65}, {}});
    builder.mark_output(
        builder.add_instruction(Op::sum, {x}, make_attributes(Op::sum, dims, false, kNoDType))[0]);
    return plan_fusion(run_passes(std::move(builder).finish()).graph).groups.at(0).kind;
  };
  EXPECT_EQ(group_of_sum({0, 2, 3}), Group::Kind::call);
  EXPECT_EQ(group_of_sum({1, 2}), Group::Kind::kernel);
}

TEST(Decompositions, KeepBitsOfALargeMeanSquaredError) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {3, kRow}, {}});
  const ValueRef y = builder.add_input({DType::kFloat32, {3, kRow}, {}});
  const ValueRef loss =
      builder.add_instruction(Op::mse_loss, {x, y}, make_attributes(Op::mse_loss, 1))[0];
  builder.mark_output(loss);
  builder.mark_output(builder.add_instruction(Op::mse_loss_backward, {loss, x, y},
                                              make_attributes(Op::mse_loss_backward, 1))[0]);
  const Graph graph = std::move(builder).finish();
  const worker::Value inputs[] = {numbers({3, kRow}, 1), numbers({3, kRow}, 2)};
  expect_same_bits(graph, inputs, sample_bindings(graph));
}

TEST(Bindings, OfAnotherRunReachDecomposedSteps) {
  GraphBuilder builder;
  std::vector<RecordedOperand> operands;
  for (int k = 0; k < 4; ++k)
    operands.emplace_back(builder.add_input({DType::kFloat32, {1000}, {}}));
  for (ValueRef value : builder.add_instruction(
           Op::adam_update, operands,
           make_attributes(Op::adam_update, 1e-3, 0.9, 0.999, 1e-8, 0.01, 3, true)))
    builder.mark_output(value);
  const Graph graph = std::move(builder).finish();
  const worker::Value inputs[] = {
      numbers({1000}, 1), numbers({1000}, 2),
      engine().from_host({DType::kFloat32, {1000}, {}}, std::vector<std::byte>(4000)),
      numbers({1000}, 4)};
  std::vector<std::uint64_t> bindings = sample_bindings(graph);
  bindings[0] = std::bit_cast<std::uint64_t>(0.025);  // lr
  bindings[5] = 17;                                   // step
  expect_same_bits(graph, inputs, bindings);
}

TEST(SymbolicSizes, ServeRunsOfOtherSizes) {
  GraphBuilder builder;
  const SymbolIndex batch = builder.add_symbol("batch", 8);
  const ValueRef x = builder.add_input({DType::kFloat32, {8, 3, 4}, {}});
  builder.set_symbolic(x, 0, {batch, 1, 0});
  builder.set_extent(1, {batch, 3, 0});
  const ValueRef flat =
      builder.add_instruction(Op::reshape, {x}, make_attributes(Op::reshape, Shape{24, 4}))[0];
  const ValueRef y =
      builder.add_instruction(Op::softmax, {flat}, make_attributes(Op::softmax, 1, kNoDType))[0];
  builder.mark_output(y);
  builder.mark_output(builder.add_instruction(
      Op::mean, {y}, make_attributes(Op::mean, Shape{0}, false, kNoDType))[0]);
  const Graph graph = std::move(builder).finish();
  for (std::int64_t size : {2, 5, 64}) {
    const worker::Value inputs[] = {numbers({size, 3, 4}, 1)};
    const std::uint64_t bindings[] = {static_cast<std::uint64_t>(3 * size), 4};
    expect_same_bits(graph, inputs, bindings);
    EXPECT_EQ(run_graph(engine(), graph, inputs, bindings)[0].shape, (Shape{3 * size, 4}));
  }
}

TEST(SymbolicSizes, OfTheBatchServeBatchNorm) {
  BatchNormCase norm({4, 3, 5, 5}, true, true, true);
  for (std::int64_t size : {2, 5, 64}) {
    norm.inputs[0] = numbers({size, 3, 5, 5}, 7);
    expect_same_bits(norm.graph, norm.inputs, sample_bindings(norm.graph));
  }
}

}  // namespace
}  // namespace gt::graph

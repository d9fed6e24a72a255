// Whole training steps of client programs as graphs: passes keep every bit, and plans are sound.
#include <gmock/gmock.h>
#include <gt/gt.h>
#include <gtest/gtest.h>

#include <cstring>

#include "common/graph/memory/buffers.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/conformance/draw.h"
#include "tests/conformance/graph_recorder.h"
#include "tests/unit/graph/run_graph.h"

namespace gt::conformance {
namespace {

using ::testing::IsEmpty;

/// A transformer block with a layer norm, softmax attention written out, and gelu.
struct Block : nn::Module {
  Block()
      : norm(register_module("norm", nn::LayerNorm(nn::LayerNormOptions({16})))),
        qkv(register_module("qkv", nn::Linear(16, 48))),
        wide(register_module("wide", nn::Linear(16, 32))),
        narrow(register_module("narrow", nn::Linear(32, 16))) {}
  Tensor forward(const Tensor& x) {
    const std::vector<Tensor> parts = qkv(norm(x)).chunk(3, -1);
    const Tensor scores = parts[0].matmul(parts[1].transpose(1, 2)) * 0.25;
    const Tensor attended = x + softmax(scores, -1).matmul(parts[2]);
    return attended + narrow(gelu(wide(attended)));
  }
  nn::LayerNorm norm;
  nn::Linear qkv, wide, narrow;
};

class TrainingGraph : public testing::Test {
 protected:
  void SetUp() override { client::set_current_sink(sink_); }
  void TearDown() override { client::set_current_sink(nullptr); }

  /// The graph of the third step.
  template <class Step>
  graph::Graph record(Step&& step) {
    for (int i = 0; i < 2; ++i) step();
    sink_->begin();
    step();
    return sink_->end();
  }

  std::shared_ptr<GraphRecorder> sink_ = std::make_shared<GraphRecorder>();
};

std::vector<worker::Value> values_for(worker::Engine& engine, const graph::Graph& graph) {
  Draw draw(17);
  std::vector<worker::Value> values;
  for (const graph::Input& input : graph.inputs()) {
    const TensorMeta& meta = graph.meta({input.node, 0});
    const HostTensor tensor = is_floating(meta.dtype)
                                  ? draw.tensor(meta.dtype, meta.shape, Domain::unit)
                                  : draw.indices(meta.shape, 0, 4);
    values.push_back(engine.from_host({tensor.dtype, tensor.shape, {}}, tensor.bytes));
  }
  return values;
}

/// All passes over `before`: the same bits, sound plans, fewer bytes moved, no more held.
void check(const graph::Graph& before) {
  const auto engine = worker::make_engine({.memory_limit = std::size_t{1} << 30});
  const auto inputs = values_for(*engine, before);
  const auto bindings = graph::sample_bindings(before);
  const graph::PassRun run = graph::run_passes(before);
  const auto expected = graph::run_graph(*engine, before, inputs, bindings);
  const auto actual = graph::run_graph(*engine, run.graph, inputs, bindings);
  for (std::size_t k = 0; k < expected.size(); ++k)
    EXPECT_EQ(graph::bits_of(*engine, actual[k]), graph::bits_of(*engine, expected[k]))
        << "output " << k;
  const std::int64_t eager_peak = graph::eager_peak_bytes(before);
  const graph::MemoryPlan plan = graph::plan_within(run.graph, eager_peak);
  EXPECT_THAT(graph::validate(run.graph, plan.fusion), IsEmpty());
  EXPECT_THAT(graph::validate(run.graph, plan.fusion, plan.buffers), IsEmpty());
  EXPECT_LE(plan.buffers.peak_bytes, eager_peak);
  const std::int64_t moved = graph::bytes_moved(run.graph, plan.fusion);
  const std::int64_t moved_eagerly = graph::bytes_moved_eagerly(before);
  EXPECT_LT(moved, moved_eagerly);
  std::size_t kernels = 0, calls = 0;
  for (const graph::Group& group : plan.fusion.groups) {
    kernels += group.kind == graph::Group::Kind::kernel ? 1 : 0;
    calls += group.kind == graph::Group::Kind::call ? 1 : 0;
  }
  std::printf(
      "%zu instructions: %zu kernels, %zu calls; bytes moved %lld of %lld, held %lld of %lld\n",
      before.nodes().size() - before.inputs().size(), kernels, calls, static_cast<long long>(moved),
      static_cast<long long>(moved_eagerly), static_cast<long long>(plan.buffers.peak_bytes),
      static_cast<long long>(eager_peak));
  if (testing::Test::HasFailure())
    std::printf("%s%s", graph::to_text(run.graph).c_str(),
                graph::to_text(run.graph, plan.fusion).c_str());
}

TEST_F(TrainingGraph, OfAPerceptronKeepsItsBits) {
  nn::Sequential model(nn::Linear(12, 32), nn::ReLU(), nn::Linear(32, 4));
  optim::AdamW optimizer(model->parameters(), optim::AdamWOptions(1e-3));
  const Tensor images = randn({16, 12}), labels = randint(4, {16});
  check(record([&] {
    optimizer.zero_grad();
    nn::functional::cross_entropy(model->forward(images), labels).backward();
    optimizer.step();
  }));
}

TEST_F(TrainingGraph, OfATransformerBlockKeepsItsBits) {
  const auto block = std::make_shared<Block>();
  optim::SGD optimizer(block->parameters(), optim::SGDOptions(0.1).momentum(0.9));
  const Tensor x = randn({4, 8, 16}), y = randn({4, 8, 16});
  check(record([&] {
    optimizer.zero_grad();
    nn::functional::mse_loss(block->forward(x), y).backward();
    optimizer.step();
  }));
}

}  // namespace
}  // namespace gt::conformance

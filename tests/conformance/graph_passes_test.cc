// One row as a graph: after all passes the engine gives the bits of the row itself. Decompositions
// are judged here on every case that the samplers draw.
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/conformance/run_case.h"
#include "tests/unit/graph/run_graph.h"

namespace gt::conformance {
namespace {

constexpr int kStandardCases = 150;

worker::Engine& engine() {
  static const std::unique_ptr<worker::Engine> made =
      worker::make_engine({.memory_limit = std::size_t{1} << 30});
  return *made;
}

/// The case as a graph of one instruction. Numbers are guarded or not, as `guards` says.
graph::Graph graph_of(const Case& sample, bool guards) {
  graph::GraphBuilder builder;
  std::vector<graph::RecordedOperand> operands;
  for (const Operand& operand : sample.operands) {
    if (const auto* tensor = std::get_if<HostTensor>(&operand))
      operands.emplace_back(builder.add_input({tensor->dtype, tensor->shape, {}}));
    else if (const auto* number = std::get_if<ScalarValue>(&operand))
      operands.emplace_back(*number);
    else
      operands.emplace_back();
  }
  for (std::size_t binding = 0; guards && binding < 32; ++binding) builder.guard_next(binding);
  for (graph::ValueRef value : builder.add_instruction(sample.row->op, operands, sample.attributes))
    builder.mark_output(value);
  return std::move(builder).finish();
}

class OneRow : public testing::TestWithParam<const OpRow*> {};

TEST_P(OneRow, KeepsItsBitsThroughAllPasses) {
  int changed = 0;
  // Not every case of a row can be decomposed: where few are asked for, more are drawn until one
  // is.
  for (int k = 0; k < case_count(kStandardCases) || (changed == 0 && k < kStandardCases); ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    const Case sample = find_sampler(*GetParam())(*GetParam(), draw);
    std::vector<worker::Value> inputs;
    for (const Operand& operand : sample.operands)
      if (const auto* tensor = std::get_if<HostTensor>(&operand))
        inputs.push_back(engine().from_host({tensor->dtype, tensor->shape, {}}, tensor->bytes));
    try {
      const graph::Graph before = graph_of(sample, draw.chance(0.5));
      const auto bindings = graph::sample_bindings(before);
      const auto expected = graph::run_graph(engine(), before, inputs, bindings);
      const graph::PassRun run = graph::run_passes(before);
      changed += run.graph == before ? 0 : 1;
      const auto actual = graph::run_graph(engine(), run.graph, inputs, bindings);
      for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_EQ(graph::bits_of(engine(), actual[i]), graph::bits_of(engine(), expected[i]))
            << describe(sample) << "\nresult " << i << ", seed " << seed << "\n"
            << graph::to_text(run.graph);
    } catch (const CommonError&) {
      continue;  // the row refuses the case
    }
  }
  EXPECT_GT(changed, 0) << "no case was decomposed";
}

std::vector<const OpRow*> decomposed_rows() {
  std::vector<const OpRow*> rows;
  for (Op op : {Op::softmax, Op::log_softmax, Op::softmax_backward, Op::log_softmax_backward,
                Op::native_layer_norm, Op::native_layer_norm_backward, Op::native_batch_norm,
                Op::native_batch_norm_backward, Op::mse_loss, Op::mse_loss_backward, Op::var,
                Op::logsumexp, Op::adam_update})
    rows.push_back(&row_of(op));
  return rows;
}
INSTANTIATE_TEST_SUITE_P(Rows, OneRow, testing::ValuesIn(decomposed_rows()),
                         [](const auto& tested) { return std::string(tested.param->name); });

}  // namespace
}  // namespace gt::conformance

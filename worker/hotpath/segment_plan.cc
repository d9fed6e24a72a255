#include "worker/hotpath/segment_plan.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "common/graph/fusion/recompute.h"
#include "common/graph/layouts.h"
#include "common/graph/pass_names.h"
#include "worker/engine/view.h"

namespace gt::worker::hotpath {

using graph::Graph;
using graph::NodeIndex;

std::vector<Strides> find_strides(
    const Graph& graph, std::span<const Shape> shapes, std::span<const Strides> inputs,
    const std::function<Attributes(const graph::Node&)>& attributes_of) {
  std::vector<Strides> strides(graph.value_count());
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const graph::Node& node = graph.node(i);
    for (std::uint32_t value = node.first_value; value < node.first_value + node.value_count;
         ++value)
      strides[value] = contiguous_strides(shapes[value]);
    if (node.is_input()) {
      strides[node.first_value] = inputs[node.input];
    } else if (node.row().op_class == OpClass::shape) {
      const std::uint32_t operand = graph.value_index(graph.operands(node)[0].value);
      const auto view = view_strides(node.row(), attributes_of(node), shapes[node.first_value],
                                     shapes[operand], strides[operand]);
      if (view) strides[node.first_value] = *view;
    }
  }
  return strides;
}

namespace {

template <class List, class Item>
bool contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// By how many the blocks of memory are fewer than the values that lie in them.
std::size_t count_saved_blocks(const Graph& graph, const graph::BufferPlan& plan) {
  using Kind = graph::Placement::Kind;
  std::size_t values = 0;
  std::set<std::pair<Kind, std::uint32_t>> blocks;
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    if (graph.node(i).is_input() || graph::is_view(graph, graph.node(i))) continue;
    for (std::uint32_t k = 0; k < graph.node(i).value_count; ++k) {
      const graph::Placement& placement = plan.placements[graph.value_index({i, k})];
      if (placement.kind == Kind::none) continue;
      ++values;
      if (placement.kind != Kind::input) blocks.emplace(placement.kind, placement.index);
    }
  }
  return values - blocks.size();
}

/// What the plans have changed, beside what the passes have.
void add_statistics(std::vector<graph::PassStatistics>& statistics, const Graph& graph,
                    const graph::MemoryPlan& plan) {
  const std::size_t nodes = graph.nodes().size();
  const std::size_t rows = nodes - graph.inputs().size();
  statistics.push_back({graph::pass_name::fusion, plan.attempts, rows - plan.fusion.groups.size(),
                        nodes, nodes, plan.fusion_time});
  statistics.push_back({graph::pass_name::reuse_buffers, plan.attempts,
                        count_saved_blocks(graph, plan.buffers), nodes, nodes, plan.buffer_time});
}

}  // namespace

SegmentPlanner::SegmentPlanner(const SegmentGraph& source, const jit::KernelCompiler& compiler,
                               const CompileChoices& choices)
    : source_(source), compiler_(compiler), choices_(choices) {
  const bool fuses = !is_disabled(graph::pass_name::fusion);
  fusion_.vertical = fusion_.horizontal = fuses;
  fusion_.siblings = fuses && choices.cut.siblings;
  fusion_.max_nodes = choices.cut.max_nodes;
  fusion_.admits = [this](const Graph& graph, const graph::Node& node) {
    return !node.origin.is_eager && compiler_.admits(graph, node);
  };
}

bool SegmentPlanner::is_disabled(std::string_view pass) const {
  return contains(choices_.disabled_passes, pass);
}

SegmentPlan SegmentPlanner::plan_as_it_is(const Graph& graph) const {
  std::vector<Shape> shapes;
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i)
    for (std::uint32_t k = 0; k < graph.node(i).value_count; ++k)
      shapes.push_back(graph.meta({i, k}).shape);
  SegmentPlan plan;
  plan.strides = find_strides(graph, shapes, source_.input_strides,
                              [&](const graph::Node& node) { return graph.attributes(node); });
  // An arena has places for the recorded sizes alone.
  graph::BufferOptions buffers{
      .one_arena = graph.symbols().empty(),
      .usable_inputs = {},
      .reuses = !is_disabled(graph::pass_name::reuse_buffers),
  };
  for (const graph::Input& input : graph.inputs()) {
    const std::uint32_t value = graph.value_index({input.node, 0});
    buffers.usable_inputs.push_back(is_contiguous(shapes[value], plan.strides[value]));
  }
  plan.memory = graph::plan_within(graph, graph::eager_peak_bytes(source_.graph), fusion_, buffers);
  return plan;
}

/// Puts a graph and its plan in the place of those in which kernels compute again what is cheap, if
/// these move fewer bytes and hold no more memory.
bool SegmentPlanner::recompute(Graph& graph, SegmentPlan& plan) const {
  auto other = graph::recompute_cheap(graph, plan.memory.fusion);
  if (!other) return false;
  SegmentPlan again = plan_as_it_is(*other);
  const bool moves_less = graph::bytes_moved(*other, again.memory.fusion) <
                          graph::bytes_moved(graph, plan.memory.fusion);
  if (!moves_less || again.memory.buffers.peak_bytes > plan.memory.buffers.peak_bytes) return false;
  graph = std::move(*other);
  plan = std::move(again);
  return true;
}

SegmentPlan SegmentPlanner::plan(Graph& graph, GraphFiles& files,
                                 std::vector<graph::PassStatistics>& statistics) const {
  // What is computed again in one kernel can let another value go.
  constexpr int kMostRounds = 3;
  SegmentPlan plan = plan_as_it_is(graph);
  add_statistics(statistics, graph, plan.memory);
  if (is_disabled(graph::pass_name::recompute)) return plan;
  const auto begin = std::chrono::steady_clock::now();
  graph::PassStatistics own{graph::pass_name::recompute, 0, 0, graph.nodes().size(), 0, {}};
  bool has_changed = true;
  while (has_changed && own.runs < kMostRounds) {
    ++own.runs;
    has_changed = recompute(graph, plan);
    if (has_changed) files.write(own.name, graph);
  }
  own.nodes_after = graph.nodes().size();
  own.changes = own.nodes_after - own.nodes_before;
  own.time = std::chrono::steady_clock::now() - begin;
  statistics.push_back(own);
  return plan;
}

}  // namespace gt::worker::hotpath

#include "worker/hotpath/segment_code.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "common/graph/fusion/loop.h"
#include "common/graph/fusion/recompute.h"
#include "common/graph/layouts.h"
#include "common/graph/memory/buffers.h"
#include "common/graph/memory/storage.h"
#include "common/graph/pass.h"
#include "common/graph/pass_names.h"
#include "common/graph/print.h"
#include "worker/engine/view.h"
#include "worker/hotpath/graph_files.h"

namespace gt::worker::hotpath {

using graph::Graph;
using graph::Group;
using graph::kNoIndex;
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

/// The tensor of a group over which an output is written.
int find_overwritten(const SegmentCode& code, const Group& group, graph::ValueRef output) {
  const auto& places = code.slots.places;
  for (std::size_t k = 0; k < group.inputs.size(); ++k) {
    const auto& place = places[code.graph.value_index(group.inputs[k])];
    if (place.slot != kNoIndex && place == places[code.graph.value_index(output)])
      return static_cast<int>(k);
  }
  return -1;
}

void request_kernels(SegmentCode& code) {
  code.kernels.assign(code.fusion.groups.size(), kNoIndex);
  for (std::uint32_t g = 0; g < code.fusion.groups.size(); ++g) {
    const Group& group = code.fusion.groups[g];
    if (group.kind != Group::Kind::kernel) continue;
    code.kernels[g] = static_cast<std::uint32_t>(code.requests.size());
    jit::KernelRequest request{&group, {}};
    for (graph::ValueRef input : group.inputs)
      request.tensors.push_back({input, code.strides[code.graph.value_index(input)], -1});
    for (graph::ValueRef output : group.outputs)
      request.tensors.push_back({output, code.strides[code.graph.value_index(output)],
                                 find_overwritten(code, group, output)});
    code.requests.push_back(std::move(request));
  }
}

/// A buffer ends after the last read of any view of it, a view after its own.
void find_last_reads(SegmentCode& code, const graph::Storage& storage) {
  code.last_read.resize(code.fusion.groups.size());
  std::vector<std::uint32_t> last(code.graph.value_count(), 0);
  for (std::uint32_t g = 0; g < code.fusion.groups.size(); ++g) {
    for (graph::ValueRef input : code.fusion.groups[g].inputs)
      last[code.graph.value_index(input)] = g;
    for (graph::ValueRef output : code.fusion.groups[g].outputs)
      last[code.graph.value_index(output)] = g;
  }
  for (graph::ValueRef output : code.graph.outputs())
    last[code.graph.value_index(output)] = graph::kForever;
  for (std::uint32_t value = 0; value < last.size(); ++value) {
    const std::uint32_t end = storage.root[value] == value ? storage.last[value] : last[value];
    if (end < code.last_read.size()) code.last_read[end].push_back(value);
  }
}

/// Whether the row may throw because of what is in its operands: indices, integer divisors,
/// chances.
bool may_refuse(const Graph& graph, const Group& group) {
  if (group.kind == Group::Kind::kernel) return graph::kernel_may_refuse(graph, group);
  if (group.kind == Group::Kind::view) return false;
  const NodeIndex node = group.loops.front().nodes.front();
  switch (graph.node(node).row().op_class) {
    case OpClass::indexing:
    case OpClass::composite:
      return true;
    case OpClass::random:
      return !graph::draws_numbers(graph.node(node).op) ||
             graph::loop_may_refuse(graph, graph.node(node));
    case OpClass::pointwise:
      return !is_floating(graph.meta({node, 0}).dtype);
    case OpClass::reduction:
    case OpClass::shape:
    case OpClass::library:
    case OpClass::creation:
    case OpClass::communication:
      break;
  }
  return false;
}

/// Where the values of a graph lie, and which of its nodes are one kernel.
struct GraphPlan {
  std::vector<Strides> strides;
  graph::MemoryPlan memory;
};

bool is_disabled(const CompileChoices& choices, std::string_view pass) {
  const auto& names = choices.disabled_passes;
  return std::find(names.begin(), names.end(), pass) != names.end();
}

/// `graph` computes what that of `code` does.
GraphPlan plan_graph(const SegmentCode& code, const Graph& graph,
                     const graph::FusionOptions& fusion, const CompileChoices& choices) {
  std::vector<Shape> shapes;
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i)
    for (std::uint32_t k = 0; k < graph.node(i).value_count; ++k)
      shapes.push_back(graph.meta({i, k}).shape);
  GraphPlan plan;
  plan.strides = find_strides(graph, shapes, code.source.input_strides,
                              [&](const graph::Node& node) { return graph.attributes(node); });
  // An arena has places for the recorded sizes alone.
  graph::BufferOptions buffers{
      .one_arena = graph.symbols().empty(),
      .usable_inputs = {},
      .reuses = !is_disabled(choices, graph::pass_name::reuse_buffers),
  };
  for (const graph::Input& input : graph.inputs()) {
    const std::uint32_t value = graph.value_index({input.node, 0});
    buffers.usable_inputs.push_back(is_contiguous(shapes[value], plan.strides[value]));
  }
  plan.memory =
      graph::plan_within(graph, graph::eager_peak_bytes(code.source.graph), fusion, buffers);
  return plan;
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

/// They borrow what they are made of.
graph::FusionOptions fusion_options(const RecordedSegment& segment,
                                    const jit::KernelCompiler& compiler,
                                    const CompileChoices& choices) {
  const bool fuses = !is_disabled(choices, graph::pass_name::fusion);
  graph::FusionOptions fusion;
  fusion.vertical = fusion.horizontal = fuses;
  fusion.siblings = fuses && choices.cut.siblings;
  fusion.max_nodes = choices.cut.max_nodes;
  fusion.admits = [&segment, &compiler, &choices](const Graph& of, const graph::Node& node) {
    const std::size_t element = segment.first + std::size_t{node.origin};
    const bool is_excluded =
        (node.origin != kNoIndex && element < choices.excluded_elements.size() &&
         choices.excluded_elements[element]) ||
        std::find(choices.excluded_ops.begin(), choices.excluded_ops.end(), node.row().name) !=
            choices.excluded_ops.end();
    return !is_excluded && compiler.admits(of, node);
  };
  return fusion;
}

/// Puts the graph of `code` and its plan in the place of those in which kernels compute again what
/// is cheap, if these move fewer bytes and hold no more memory.
bool recompute(SegmentCode& code, GraphPlan& plan, const graph::FusionOptions& fusion,
               const CompileChoices& choices) {
  auto other = graph::recompute_cheap(code.graph, plan.memory.fusion);
  if (!other) return false;
  GraphPlan again = plan_graph(code, *other, fusion, choices);
  const bool moves_less = graph::bytes_moved(*other, again.memory.fusion) <
                          graph::bytes_moved(code.graph, plan.memory.fusion);
  if (!moves_less || again.memory.buffers.peak_bytes > plan.memory.buffers.peak_bytes) return false;
  code.graph = std::move(*other);
  plan = std::move(again);
  return true;
}

/// Plans the graph of `code`, or one that it puts in its place.
GraphPlan plan_best(SegmentCode& code, const graph::FusionOptions& fusion,
                    const CompileChoices& choices, GraphFiles& files,
                    std::vector<graph::PassStatistics>& statistics) {
  // What is computed again in one kernel can let another value go.
  constexpr int kMostRounds = 3;
  GraphPlan plan = plan_graph(code, code.graph, fusion, choices);
  add_statistics(statistics, code.graph, plan.memory);
  if (is_disabled(choices, graph::pass_name::recompute)) return plan;
  const auto begin = std::chrono::steady_clock::now();
  graph::PassStatistics own{graph::pass_name::recompute, 0, 0, code.graph.nodes().size(), 0, {}};
  bool has_changed = true;
  while (has_changed && own.runs < kMostRounds) {
    ++own.runs;
    has_changed = recompute(code, plan, fusion, choices);
    if (has_changed) files.write(own.name, code.graph);
  }
  own.nodes_after = code.graph.nodes().size();
  own.changes = own.nodes_after - own.nodes_before;
  own.time = std::chrono::steady_clock::now() - begin;
  statistics.push_back(own);
  return plan;
}

void keep_module(SegmentCode& code, std::unique_ptr<TunedModule> tuned) {
  code.tuned = tuned.get();
  code.module = std::move(tuned);
}

/// What may be faster than the default, which `code` has already; equal code comes once.
std::unique_ptr<TunedModule> compile_versions(SegmentCode& code, jit::KernelCompiler& compiler) {
  constexpr int kNever = 1 << 30;
  constexpr std::array<jit::Tuning, 5> kTunings{
      {{.steps = 1}, {.steps = 2}, {.steps = 4}, {.worth_keeping = 0}, {.worth_keeping = kNever}}};
  std::vector<std::unique_ptr<jit::KernelModule>> versions;
  versions.push_back(std::move(code.module));
  for (const jit::Tuning& tuning : kTunings) {
    auto made = compiler.compile(code.graph, code.requests, {{}, {}, tuning});
    const bool is_known = std::any_of(versions.begin(), versions.end(), [&](const auto& other) {
      return std::ranges::equal(other->object(), made->object());
    });
    if (!is_known) versions.push_back(std::move(made));
  }
  return std::make_unique<TunedModule>(std::move(versions));
}

}  // namespace

std::unique_ptr<SegmentCode> plan_segment(const Recording& recording,
                                          const RecordedSegment& segment,
                                          const jit::KernelCompiler& compiler,
                                          const CompileChoices& choices) {
  auto code = std::make_unique<SegmentCode>();
  code->captures = choices.captures;
  code->source = make_segment_graph(recording, segment);
  GraphFiles files(choices);
  files.write("recorded", code->source.graph);
  graph::PassOptions options;
  options.disabled = choices.disabled_passes;
  options.goes_by_index = compiler.goes_by_index();
  // A GPU's library adds within its products, with bits of its own.
  if (!compiler.runs_on_host()) options.disabled.emplace_back(graph::pass_name::split_addends);
  options.observer = [&files](std::string_view pass, const Graph& of) { files.write(pass, of); };
  graph::PassRun run = graph::run_passes(code->source.graph, options);
  code->graph = std::move(run.graph);
  GraphPlan plan =
      plan_best(*code, fusion_options(segment, compiler, choices), choices, files, run.statistics);
  files.write_text("passes.txt", to_text(run.statistics));
  code->strides = std::move(plan.strides);
  code->fusion = std::move(plan.memory.fusion);
  code->slots = number_slots(code->graph, code->fusion, plan.memory.buffers);
  files.write_text("groups.txt", to_text(code->graph, code->fusion));
  files.write_text("graph.dot", to_dot(code->graph));
  files.write_text("graph.json", to_json(code->graph).dump(2));
  request_kernels(*code);
  find_last_reads(*code, graph::find_storage(code->graph, code->fusion));
  for (std::uint32_t g = 0; g < code->fusion.groups.size(); ++g)
    if (may_refuse(code->graph, code->fusion.groups[g])) code->last_refusing = g;
  return code;
}

void compile_kernels(SegmentCode& code, jit::KernelCompiler& compiler,
                     const CompileChoices& choices) {
  if (code.requests.empty()) return;
  code.module = compiler.compile(code.graph, code.requests, {choices.save_to, choices.name, {}});
  if (choices.tunes) keep_module(code, compile_versions(code, compiler));
}

void load_kernels(SegmentCode& code, jit::KernelCompiler& compiler, const CompileChoices& choices,
                  std::span<const std::byte> object) {
  if (code.requests.empty()) return;
  if (choices.tunes)
    keep_module(code, TunedModule::load(object, compiler));
  else
    code.module = compiler.load(object);
  if (code.module->entries().size() != code.requests.size())
    throw CommonError(ErrorKind::kInternal, "an object with other kernels");
}

}  // namespace gt::worker::hotpath

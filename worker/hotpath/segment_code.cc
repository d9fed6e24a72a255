#include "worker/hotpath/segment_code.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/graph/fusion/loop.h"
#include "common/graph/memory/storage.h"
#include "common/graph/pass.h"
#include "common/graph/pass_names.h"
#include "common/graph/print.h"
#include "worker/hotpath/graph_files.h"
#include "worker/hotpath/segment_plan.h"

namespace gt::worker::hotpath {

using graph::Graph;
using graph::Group;
using graph::kNoIndex;
using graph::NodeIndex;

namespace {

/// The tensor of a group over which an output is written, itself or by a view of it.
int find_overwritten(const SegmentCode& code, const graph::Storage& storage, const Group& group,
                     graph::ValueRef output) {
  const auto& places = code.slots.places;
  for (std::size_t k = 0; k < group.inputs.size(); ++k) {
    const auto& place = places[storage.root[code.graph.value_index(group.inputs[k])]];
    if (place.slot != kNoIndex && place == places[code.graph.value_index(output)])
      return static_cast<int>(k);
  }
  return -1;
}

void request_kernels(SegmentCode& code, const graph::Storage& storage) {
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
                                 find_overwritten(code, storage, group, output)});
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

/// Of outputs that share their buffer with no other.
void find_last_reads_of_outputs(SegmentCode& code) {
  const graph::Storage storage = graph::find_storage_within(code.graph, code.fusion);
  const auto outputs = code.graph.outputs();
  code.last_read_outputs.resize(code.fusion.groups.size());
  for (std::uint32_t k = 0; k < outputs.size(); ++k) {
    const std::uint32_t value = code.graph.value_index(outputs[k]);
    const auto shares = [&](graph::ValueRef other) {
      return storage.root[code.graph.value_index(other)] == value;
    };
    const bool is_alone = storage.root[value] == value && storage.is_made[value] &&
                          std::count_if(outputs.begin(), outputs.end(), shares) == 1;
    if (is_alone && code.slots.places[value].slot != kNoIndex)
      code.last_read_outputs[storage.last[value]].push_back(k);
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

void exclude(Graph& graph, const RecordedSegment& segment, const CompileChoices& choices) {
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const graph::Origin& origin = graph.node(i).origin;
    if (origin.instruction == kNoIndex) continue;
    const std::size_t element = segment.first + std::size_t{origin.instruction};
    if (element < choices.excluded_elements.size() && choices.excluded_elements[element])
      graph.set_eager(i);
  }
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
  exclude(code->source.graph, segment, choices);
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
  const SegmentPlanner planner(code->source, compiler, choices);
  SegmentPlan plan = planner.plan(code->graph, files, run.statistics);
  files.write_text("passes.txt", to_text(run.statistics));
  code->strides = std::move(plan.strides);
  code->fusion = std::move(plan.memory.fusion);
  code->held = plan.memory.buffers.held;
  code->slots = number_slots(code->graph, code->fusion, plan.memory.buffers);
  files.write_text("groups.txt", to_text(code->graph, code->fusion));
  files.write_text("graph.dot", to_dot(code->graph));
  files.write_text("graph.json", to_json(code->graph).dump(2));
  const graph::Storage storage = graph::find_storage(code->graph, code->fusion);
  request_kernels(*code, storage);
  find_last_reads(*code, storage);
  find_last_reads_of_outputs(*code);
  for (std::uint32_t g = 0; g < code->fusion.groups.size(); ++g)
    if (may_refuse(code->graph, code->fusion.groups[g])) code->last_refusing = g;
  return code;
}

std::int64_t peak_bytes(const SegmentCode& code,
                        const std::function<bool(std::size_t)>& is_wanted) {
  std::vector<std::int64_t> held = code.held;
  for (std::uint32_t g = 0; g < code.last_read_outputs.size(); ++g)
    for (std::uint32_t output : code.last_read_outputs[g]) {
      if (is_wanted(output)) continue;
      const TensorMeta& meta = code.graph.meta(code.graph.outputs()[output]);
      const auto bytes = graph::aligned_bytes(static_cast<std::int64_t>(meta.byte_count()));
      for (std::size_t later = g + 1; later < held.size(); ++later) held[later] -= bytes;
    }
  return *std::max_element(held.begin(), held.end());
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

#include "common/graph/fusion/fusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/graph/fusion/partition.h"
#include "common/graph/print.h"

namespace gt::graph {
namespace {

/// Whether joining two kernels pays, where that saves reading `value` once. If the engine is called
/// between them, the later one moves to the place of the earlier, and what it makes is held
/// meanwhile: it must be little.
bool pays(const Graph& graph, const Partition& partition, std::uint32_t early, std::uint32_t late,
          ValueRef value) {
  constexpr std::int64_t kWorth = 4;
  return !partition.are_apart(early, late) ||
         kWorth * partition.bytes_written(late) <=
             static_cast<std::int64_t>(graph.meta(value).byte_count());
}

void fuse_vertically(const Graph& graph, Partition& partition) {
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    if (graph.node(i).is_input()) continue;
    const auto operands = graph.operands(i);
    for (std::size_t k = operands.size(); k-- > 0;) {
      if (!operands[k].is_tensor() || graph.node(operands[k].value.node).is_input()) continue;
      const std::uint32_t maker = partition.group_of(operands[k].value.node);
      const std::uint32_t reader = partition.group_of(i);
      if (!partition.has_other_readers(maker, reader) ||
          pays(graph, partition, maker, reader, operands[k].value))
        partition.join_loops(maker, reader);
    }
  }
}

/// Joins the groups that read a value and walk the same space.
void fuse_siblings(const Graph& graph, Partition& partition) {
  const Uses uses(graph);
  for (NodeIndex node = 0; node < graph.nodes().size(); ++node)
    for (std::uint32_t k = 0; k < graph.node(node).value_count; ++k) {
      const auto readers = uses.of(graph.value_index({node, k}));
      for (std::size_t i = 1; i < readers.size(); ++i) {
        const std::uint32_t a = partition.group_of(readers[0].node);
        const std::uint32_t b = partition.group_of(readers[i].node);
        if (a == b || !partition.is_kernel(a) || !partition.is_kernel(b)) continue;
        if (partition.group(a).loops.front().space.extents ==
                partition.group(b).loops.front().space.extents &&
            pays(graph, partition, a, b, {node, k}))
          partition.join_loops(a, b);
      }
    }
}

/// What loops have in common that differ in nothing but sizes and values.
std::vector<std::uint64_t> signature_of(const Graph& graph, const Loop& loop) {
  std::vector<std::uint64_t> signature;
  for (NodeIndex index : loop.nodes) {
    signature.push_back(static_cast<std::uint64_t>(graph.node(index).op));
    signature.push_back(static_cast<std::uint64_t>(graph.meta({index, 0}).dtype));
    for (const Operand& operand : graph.operands(index)) {
      const auto inside = operand.is_tensor()
                              ? std::find(loop.nodes.begin(), loop.nodes.end(), operand.value.node)
                              : loop.nodes.end();
      signature.push_back(static_cast<std::uint64_t>(operand.form) << 32 |
                          static_cast<std::uint64_t>(inside - loop.nodes.begin()));
    }
  }
  return signature;
}

void fuse_horizontally(const Graph& graph, Partition& partition) {
  std::map<std::vector<std::uint64_t>, std::uint32_t> known;
  for (std::uint32_t g = 0; g < partition.size(); ++g) {
    if (!partition.is_kernel(g) || partition.group(g).loops.size() != 1) continue;
    const Loop& loop = partition.group(g).loops.front();
    if (loop.space.fold != Space::Fold::none) continue;
    const auto [entry, is_new] = known.try_emplace(signature_of(graph, loop), g);
    if (!is_new && !partition.put_together(entry->second, g)) entry->second = g;
  }
}

}  // namespace

std::size_t Group::node_count() const {
  std::size_t count = 0;
  for (const Loop& loop : loops) count += loop.nodes.size();
  return count;
}

FusionPlan plan_fusion(const Graph& graph, const FusionOptions& options) {
  Partition partition(graph, options);
  if (options.vertical) fuse_vertically(graph, partition);
  if (options.siblings) fuse_siblings(graph, partition);
  if (options.horizontal) fuse_horizontally(graph, partition);
  return std::move(partition).finish();
}

namespace {

std::int64_t bytes_of(const Graph& graph, std::span<const ValueRef> values) {
  std::int64_t bytes = 0;
  for (ValueRef value : values) bytes += static_cast<std::int64_t>(graph.meta(value).byte_count());
  return bytes;
}

}  // namespace

std::int64_t bytes_moved(const Graph& graph, const FusionPlan& plan) {
  std::int64_t bytes = 0;
  for (const Group& group : plan.groups)
    if (group.kind != Group::Kind::view)
      bytes += bytes_of(graph, group.inputs) + bytes_of(graph, group.outputs);
  return bytes;
}

std::int64_t bytes_moved_eagerly(const Graph& graph) {
  FusionOptions options;
  options.vertical = options.siblings = options.horizontal = false;
  return bytes_moved(graph, plan_fusion(graph, options));
}

std::string to_text(const Graph& graph, const FusionPlan& plan) {
  std::string text;
  for (std::size_t g = 0; g < plan.groups.size(); ++g) {
    const Group& group = plan.groups[g];
    constexpr std::string_view kNames[] = {"kernel", "call", "view"};
    text += fmt::format("group {} ({}):", g, kNames[static_cast<std::size_t>(group.kind)]);
    for (const Loop& loop : group.loops) {
      if (&loop != &group.loops.front()) text += " |";
      for (NodeIndex node : loop.nodes)
        text += fmt::format(" %{}={}", node, graph.node(node).row().name);
    }
    text += " ->";
    for (ValueRef output : group.outputs) text += " " + name_of(graph, output);
    text += '\n';
  }
  return text;
}

}  // namespace gt::graph

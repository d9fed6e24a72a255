#include "common/graph/fusion/partition.h"

#include <algorithm>
#include <queue>

#include "common/graph/layouts.h"

namespace gt::graph {

Partition::Partition(const Graph& graph, const FusionOptions& options)
    : graph_(graph), options_(options), uses_(graph), group_of_(graph.nodes().size(), kNoIndex) {
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.node(i);
    if (node.is_input()) continue;
    group_of_[i] = size();
    Group group;
    if (is_view(graph, node)) {
      group.kind = Group::Kind::view;
      group.loops = {{{}, {i}}};
    } else if (can_fuse(graph, node) && options.admits(graph, node)) {
      group.kind = Group::Kind::kernel;
      group.loops = {loop_of(graph, i)};
    } else {
      group.loops = {{{}, {i}}};
    }
    groups_.push_back(std::move(group));
  }
}

/// Whether results of `from` reach `to`, over at least one other group if `through_others`.
bool Partition::is_reachable(std::uint32_t from, std::uint32_t to, bool through_others) const {
  std::vector<bool> is_seen(groups_.size(), false);
  std::vector<std::uint32_t> open = {from};
  is_seen[from] = true;
  while (!open.empty()) {
    const std::uint32_t current = open.back();
    open.pop_back();
    for (const Loop& loop : groups_[current].loops)
      for (NodeIndex node : loop.nodes)
        for (std::uint32_t k = 0; k < graph_.node(node).value_count; ++k)
          for (const Use& use : uses_.of(graph_.value_index({node, k}))) {
            const std::uint32_t next = group_of_[use.node];
            if (next == to && (current != from || !through_others)) return true;
            if (next == to || is_seen[next]) continue;
            is_seen[next] = true;
            open.push_back(next);
          }
  }
  return false;
}

bool Partition::has_other_readers(std::uint32_t a, std::uint32_t b) const {
  for (const Loop& loop : groups_[a].loops)
    for (NodeIndex node : loop.nodes)
      for (std::uint32_t k = 0; k < graph_.node(node).value_count; ++k)
        for (const Use& use : uses_.of(graph_.value_index({node, k})))
          if (group_of_[use.node] != a && group_of_[use.node] != b) return true;
  return false;
}

bool Partition::are_apart(std::uint32_t a, std::uint32_t b) const {
  const Loop& x = groups_[a].loops.front();
  const Loop& y = groups_[b].loops.front();
  const NodeIndex first = std::min(x.nodes.back(), y.nodes.back());
  const NodeIndex last = std::max(x.nodes.front(), y.nodes.front());
  for (NodeIndex i = first; i < last; ++i)
    if (group_of_[i] != kNoIndex && groups_[group_of_[i]].kind == Group::Kind::call) return true;
  return false;
}

std::int64_t Partition::bytes_written(std::uint32_t index) const {
  Group group = groups_[index];
  group.inputs.clear();
  group.outputs.clear();
  find_inputs_and_outputs(group);
  std::int64_t bytes = 0;
  for (ValueRef value : group.outputs)
    bytes += static_cast<std::int64_t>(graph_.meta(value).byte_count());
  return bytes;
}

std::size_t Partition::memory_values(const Loop& loop) const {
  Group group;
  group.loops = {loop};
  find_inputs_and_outputs(group);
  return group.inputs.size() + group.outputs.size();
}

bool Partition::fits(const Loop& loop) const {
  if (loop.nodes.size() > options_.max_nodes || memory_values(loop) > options_.max_values)
    return false;
  std::size_t widest = 1;
  for (NodeIndex node : loop.nodes)
    widest = std::max(widest, size_of(graph_.meta({node, 0}).dtype));
  const std::int64_t row_bytes = loop.space.row_length() * static_cast<std::int64_t>(widest);
  return row_bytes <= options_.max_row_bytes || !reads_folds(graph_, loop);
}

void Partition::absorb(std::uint32_t into, std::uint32_t from) {
  for (const Loop& loop : groups_[from].loops)
    for (NodeIndex node : loop.nodes) group_of_[node] = into;
  groups_[from].loops.clear();
}

bool Partition::join_loops(std::uint32_t a, std::uint32_t b) {
  if (a == b || !is_kernel(a) || !is_kernel(b)) return false;
  if (groups_[a].loops.size() != 1 || groups_[b].loops.size() != 1) return false;
  std::optional<Loop> joined = join(graph_, groups_[a].loops.front(), groups_[b].loops.front());
  if (!joined || !fits(*joined)) return false;
  if (is_reachable(a, b, true) || is_reachable(b, a, true)) return false;
  absorb(a, b);
  groups_[a].loops.front() = std::move(*joined);
  return true;
}

bool Partition::put_together(std::uint32_t a, std::uint32_t b) {
  if (a == b || !is_kernel(a) || !is_kernel(b)) return false;
  if (groups_[a].loops.size() + groups_[b].loops.size() > options_.max_loops) return false;
  if (is_reachable(a, b, false) || is_reachable(b, a, false)) return false;
  std::vector<Loop> loops = groups_[b].loops;
  absorb(a, b);
  for (Loop& loop : loops) groups_[a].loops.push_back(std::move(loop));
  return true;
}

void Partition::find_inputs_and_outputs(Group& group) const {
  std::vector<NodeIndex> nodes;
  for (const Loop& loop : group.loops)
    nodes.insert(nodes.end(), loop.nodes.begin(), loop.nodes.end());
  std::sort(nodes.begin(), nodes.end());
  const auto is_inside = [&](NodeIndex node) {
    return std::binary_search(nodes.begin(), nodes.end(), node);
  };
  for (NodeIndex node : nodes) {
    for (const Operand& operand : graph_.operands(node))
      if (operand.is_tensor() && !is_inside(operand.value.node) &&
          std::find(group.inputs.begin(), group.inputs.end(), operand.value) == group.inputs.end())
        group.inputs.push_back(operand.value);
    for (std::uint32_t k = 0; k < graph_.node(node).value_count; ++k) {
      const std::uint32_t value = graph_.value_index({node, k});
      const auto uses = uses_.of(value);
      if (uses_.is_output(value) || std::any_of(uses.begin(), uses.end(), [&](const Use& use) {
            return !is_inside(use.node);
          }))
        group.outputs.push_back({node, k});
    }
  }
}

FusionPlan Partition::finish() && {
  // Kahn's algorithm; of what can run, the group with the earliest node comes first.
  std::vector<std::uint32_t> waiting(groups_.size(), 0);
  const auto for_each_use = [&](std::uint32_t group, auto&& visit) {
    for (const Loop& loop : groups_[group].loops)
      for (NodeIndex node : loop.nodes)
        for (std::uint32_t k = 0; k < graph_.node(node).value_count; ++k)
          for (const Use& use : uses_.of(graph_.value_index({node, k})))
            if (group_of_[use.node] != group) visit(group_of_[use.node]);
  };
  for (std::uint32_t g = 0; g < size(); ++g)
    for_each_use(g, [&](std::uint32_t reader) { ++waiting[reader]; });
  using Entry = std::pair<NodeIndex, std::uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  const auto add = [&](std::uint32_t g) {
    NodeIndex last = 0;
    for (const Loop& loop : groups_[g].loops) last = std::max(last, loop.nodes.back());
    ready.emplace(last, g);
  };
  for (std::uint32_t g = 0; g < size(); ++g)
    if (!groups_[g].loops.empty() && waiting[g] == 0) add(g);
  FusionPlan plan;
  plan.group_of.assign(graph_.nodes().size(), kNoIndex);
  while (!ready.empty()) {
    const std::uint32_t g = ready.top().second;
    ready.pop();
    for (const Loop& loop : groups_[g].loops)
      for (NodeIndex node : loop.nodes)
        plan.group_of[node] = static_cast<std::uint32_t>(plan.groups.size());
    find_inputs_and_outputs(groups_[g]);
    plan.groups.push_back(groups_[g]);
    for_each_use(g, [&](std::uint32_t reader) {
      if (--waiting[reader] == 0) add(reader);
    });
  }
  return plan;
}

}  // namespace gt::graph

#include <algorithm>

#include "common/graph/memory/buffers.h"

namespace gt::graph {
namespace {

FusionPlan one_row_a_group(const Graph& graph) {
  FusionOptions options;
  options.vertical = options.siblings = options.horizontal = false;
  return plan_fusion(graph, options);
}

}  // namespace

std::int64_t eager_peak_bytes(const Graph& graph) {
  const FusionPlan plan = one_row_a_group(graph);
  const Storage storage = find_storage(graph, plan);
  const auto bytes_of = [&](ValueRef value) {
    return aligned_bytes(static_cast<std::int64_t>(graph.meta(value).byte_count()));
  };
  std::int64_t held = 0;
  std::vector<std::vector<ValueRef>> ends(plan.groups.size());  // by group: what is freed after it
  const auto hold = [&](ValueRef value) {
    held += bytes_of(value);
    const std::uint32_t last = storage.last[graph.value_index(value)];
    if (last != kForever) ends[last].push_back(value);
  };
  for (const Input& input : graph.inputs()) {
    if (input.dies && !ends.empty())
      hold({input.node, 0});
    else
      held += bytes_of({input.node, 0});
  }
  std::int64_t peak = held;
  for (std::uint32_t g = 0; g < plan.groups.size(); ++g) {
    const Group& group = plan.groups[g];
    const NodeIndex node = group.loops.front().nodes.front();
    if (group.kind != Group::Kind::view)
      for (std::uint32_t k = 0; k < graph.node(node).value_count; ++k) {
        const ValueRef result{node, k};
        const auto freed = std::find_if(ends[g].begin(), ends[g].end(), [&](ValueRef value) {
          return value.node != node && may_overwrite(graph, storage, group, value, result);
        });
        if (freed != ends[g].end()) {
          held -= bytes_of(*freed);
          ends[g].erase(freed);
        }
        hold(result);
      }
    peak = std::max(peak, held);
    for (ValueRef value : ends[g]) held -= bytes_of(value);
  }
  return peak;
}

}  // namespace gt::graph

#include "common/graph/uses.h"

#include "common/graph/interpret.h"

namespace gt::graph {

Uses::Uses(const Graph& graph)
    : first_(graph.value_count() + 1, 0), is_output_(graph.value_count(), false) {
  for (const Node& node : graph.nodes())
    for (const Operand& operand : graph.operands(node))
      if (operand.is_tensor()) ++first_[graph.value_index(operand.value) + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  uses_.resize(first_.back());
  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const auto operands = graph.operands(i);
    for (std::uint32_t k = 0; k < operands.size(); ++k)
      if (operands[k].is_tensor()) uses_[next[graph.value_index(operands[k].value)]++] = {i, k};
  }
  for (ValueRef output : graph.outputs()) is_output_[graph.value_index(output)] = true;
}

std::vector<NodeIndex> last_uses(const Graph& graph) {
  std::vector<NodeIndex> last(graph.value_count(), kNoIndex);
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i)
    for (const Operand& operand : graph.operands(i))
      if (operand.is_tensor()) last[graph.value_index(operand.value)] = i;
  for (ValueRef output : graph.outputs()) last[graph.value_index(output)] = kNoIndex;
  return last;
}

}  // namespace gt::graph

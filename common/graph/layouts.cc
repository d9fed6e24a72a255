#include "common/graph/layouts.h"

namespace gt::graph {

bool is_dense(const Graph& graph, ValueRef value) {
  const Node& node = graph.node(value.node);
  if (node.is_input()) return false;
  if (node.row().op_class != OpClass::shape) return true;
  const Operand& operand = graph.operands(node).front();
  if (node.op == Op::reshape) return !is_view(graph, node) || is_dense(graph, operand.value);
  return graph.meta(value).shape == graph.meta(operand.value).shape && node.op == Op::expand &&
         is_dense(graph, operand.value);
}

bool is_view(const Graph& graph, const Node& node) {
  if (node.is_input() || node.row().op_class != OpClass::shape) return false;
  if (node.op != Op::reshape) return true;
  const ValueRef operand = graph.operands(node).front().value;
  return graph.node(operand.node).is_input() || is_dense(graph, operand);
}

LayoutReaders::LayoutReaders(const Graph& graph)
    : graph_(graph), reach_(graph.value_count(), false) {
  for (ValueRef output : graph.outputs()) reach_[graph.value_index(output)] = true;
  for (NodeIndex i = static_cast<NodeIndex>(graph.nodes().size()); i-- > 0;) {
    const Node& node = graph.node(i);
    if (node.is_input()) continue;
    const bool passes_on =
        node.row().op_class == OpClass::library ||
        (node.row().op_class == OpClass::shape && reach_[graph.value_index({i, 0})]);
    if (!passes_on) continue;
    for (const Operand& operand : graph.operands(node))
      if (operand.is_tensor()) reach_[graph.value_index(operand.value)] = true;
  }
}

}  // namespace gt::graph

#include <fmt/format.h>

#include "common/graph/print.h"

namespace gt::graph {
namespace {

std::string label_of(const Graph& graph, NodeIndex index) {
  const Node& node = graph.node(index);
  return node.is_input() ? fmt::format("input {}\\n{}", node.input, type_of(graph, {index, 0}))
                         : std::string(node.row().name);
}

}  // namespace

std::string to_dot(const Graph& graph) {
  std::string text = "digraph {\n  node [fontname=\"monospace\"];\n";
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.node(i);
    text += fmt::format("  n{} [label=\"{}\", shape={}];\n", i, label_of(graph, i),
                        node.is_input() ? "box" : "ellipse");
    for (const Operand& operand : graph.operands(node))
      if (operand.is_tensor())
        text += fmt::format("  n{} -> n{} [label=\"{}\"];\n", operand.value.node, i,
                            type_of(graph, operand.value));
  }
  for (std::size_t k = 0; k < graph.outputs().size(); ++k) {
    const ValueRef output = graph.outputs()[k];
    text += fmt::format("  o{} [label=\"output {}\", shape=box, peripheries=2];\n", k, k);
    text += fmt::format("  n{} -> o{} [label=\"{}\"];\n", output.node, k, type_of(graph, output));
  }
  for (const Input& input : graph.inputs())
    if (input.carried_output != kNoIndex)
      text += fmt::format("  o{} -> n{} [style=dashed, constraint=false];\n", input.carried_output,
                          input.node);
  return text + "}\n";
}

}  // namespace gt::graph

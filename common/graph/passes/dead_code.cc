// Dead code: nodes of which no result is read, and derived scalars that no node names. Inputs and
// bindings stay, they are the contract with the caller.
#include "common/graph/pass.h"
#include "common/graph/rewriter.h"

namespace gt::graph {

PassResult eliminate_dead_code(const Graph& graph) {
  std::vector<bool> is_live(graph.nodes().size(), false);
  for (ValueRef output : graph.outputs()) is_live[output.node] = true;
  for (NodeIndex i = static_cast<NodeIndex>(graph.nodes().size()); i-- > 0;) {
    if (graph.node(i).is_input()) is_live[i] = true;
    if (!is_live[i]) continue;
    for (const Operand& operand : graph.operands(i))
      if (operand.is_tensor()) is_live[operand.value.node] = true;
  }
  Rewriter rewriter(graph);
  std::size_t changes = 0;
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    if (is_live[i])
      rewriter.keep(i);
    else
      ++changes;
  }
  PassResult result{std::move(rewriter).finish(), changes};
  result.graph.drop_unused_derived();
  return result;
}

}  // namespace gt::graph

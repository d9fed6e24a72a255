// Runs a graph node by node through whatever computes rows: the meaning of a graph.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/graph/graph.h"
#include "common/graph/scalars.h"
#include "common/graph/sizes.h"

namespace gt::graph {

/// An operand as an executor sees it: a value, a number, or neither.
template <class V>
struct RunOperand {
  const V* value = nullptr;
  ScalarValue scalar;
  bool is_scalar = false;
  bool is_last_use = false;  ///< the graph does not name the value after this node
};

/// One node of a run.
template <class V>
struct RunCall {
  const OpRow& row;
  std::span<const RunOperand<V>> operands;
  const Attributes& attributes;
  std::span<const TensorMeta> results;
};

/// For every value, the last node that reads it; kNoIndex if none does or if it is an output.
[[nodiscard]] std::vector<NodeIndex> last_uses(const Graph& graph);

/// Values of the outputs. `execute(RunCall<V>)` computes the results of one node, as a range of V.
/// `shape_of(V)` gives the shape of an input. Throws what `RunScalars` and `execute` throw.
template <class V, class Execute, class ShapeOf>
std::vector<V> interpret(const Graph& graph, std::span<const V> inputs,
                         std::span<const std::uint64_t> bindings, Execute&& execute,
                         ShapeOf&& shape_of) {
  std::vector<Shape> shapes;
  for (const V& input : inputs) shapes.push_back(shape_of(input));
  const RunScalars scalars(graph, shapes, bindings);
  const std::vector<NodeIndex> last = last_uses(graph);
  std::vector<std::optional<V>> values(graph.value_count());
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.node(i);
    if (node.is_input()) {
      values[node.first_value] = inputs[node.input];
      continue;
    }
    std::vector<RunOperand<V>> operands;
    for (const Operand& operand : graph.operands(node)) {
      RunOperand<V>& given = operands.emplace_back();
      given.is_scalar = operand.is_scalar();
      if (operand.is_scalar())
        given.scalar = ScalarValue::from_bits(operand.category, scalars.word(operand.word));
      if (!operand.is_tensor()) continue;
      const std::uint32_t index = graph.value_index(operand.value);
      given.value = &*values[index];
      given.is_last_use = last[index] == i;
    }
    std::vector<TensorMeta> metas;
    for (std::uint32_t k = 0; k < node.value_count; ++k) {
      const ValueInfo& info = graph.value({i, k});
      metas.push_back({info.meta.dtype, shape_at(graph, info, scalars.symbols()), {}});
    }
    const Attributes attributes = scalars.attributes(node);
    std::uint32_t k = 0;
    for (auto&& result : execute(
             RunCall<V>{node.row(), std::span<const RunOperand<V>>(operands), attributes, metas}))
      values[node.first_value + k++] = std::move(result);
    for (const Operand& operand : graph.operands(node))
      if (operand.is_tensor() && last[graph.value_index(operand.value)] == i)
        values[graph.value_index(operand.value)].reset();
  }
  std::vector<V> outputs;
  for (ValueRef output : graph.outputs()) outputs.push_back(*values[graph.value_index(output)]);
  return outputs;
}

}  // namespace gt::graph

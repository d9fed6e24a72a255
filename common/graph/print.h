// Graphs for people and tools.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/graph/graph.h"

namespace gt::graph {

/// One line a node:
///
///     %2 = add(%0, %1, alpha=#0) : float32[64, 10]
///
/// %2.1 is result 1 of node 2, #0 a binding (after `=` in the list below the nodes: its sample),
/// $0 a derived scalar; symbolic sizes print as `4*batch+1`.
[[nodiscard]] std::string to_text(const Graph& graph);
/// Graphviz: inputs are boxes, outputs doubled; edges tell dtype and shape.
[[nodiscard]] std::string to_dot(const Graph& graph);
/// {"inputs", "nodes", "outputs", "bindings", "symbols", "derived"}; values are named as in the
/// text.
[[nodiscard]] nlohmann::json to_json(const Graph& graph);

/// Parts of the above, for other printers.
[[nodiscard]] std::string name_of(const Graph& graph, ValueRef value);
[[nodiscard]] std::string type_of(const Graph& graph, ValueRef value);
/// `add(%0, %1, alpha=#0)`.
[[nodiscard]] std::string expression_of(const Graph& graph, const Node& node);

}  // namespace gt::graph

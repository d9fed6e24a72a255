// How values lie in memory, as far as a graph tells.
//
// The kernels of the engines give the same bits for every layout of their operands; vendor
// libraries may not: a product of a transposed matrix can be summed up in another order than that
// of a copy. A pass that puts one value in the place of another therefore asks `LayoutReaders`.
#pragma once

#include <vector>

#include "common/graph/graph.h"

namespace gt::graph {

/// Whether the value surely lies in row-major order without gaps. The results of all rows but views
/// do; of inputs nothing is known.
[[nodiscard]] bool is_dense(const Graph& graph, ValueRef value);

/// Whether a shape row gives a view of its operand's buffer, rather than a copy: all do but reshape
/// of a value that is a permuted, expanded or cut view. (reshape of an input counts as a view.)
[[nodiscard]] bool is_view(const Graph& graph, const Node& node);

/// For every value, whether its layout reaches a vendor library or the world outside: it, or a view
/// of it, is an output or an operand of a library row.
class LayoutReaders {
 public:
  explicit LayoutReaders(const Graph& graph);
  [[nodiscard]] bool reach(ValueRef value) const { return reach_[graph_.value_index(value)]; }

 private:
  const Graph& graph_;
  std::vector<bool> reach_;
};

}  // namespace gt::graph

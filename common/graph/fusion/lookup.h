// Rows that go by index, where a loop can compute them: each element of the result needs one
// element of what is read or written by index.
#pragma once

#include <cstdint>
#include <optional>

#include "common/graph/graph.h"

namespace gt::graph {

/// A row that reads a table: an element of the result is the element of the table whose place along
/// `dim` the index names, and that lies where the element of the result does along the other dims.
struct Lookup {
  std::uint32_t table = 0, index = 1;  ///< operands
  std::size_t dim = 0;                 ///< of the table
  bool counts_from_end = false;        ///< negative indices are allowed
  /// By dim of the operand: the dim of the result along which it is walked; -1 for `dim`.
  Shape table_dims, index_dims;
};
/// Nothing for other rows, and where a loop cannot compute it.
[[nodiscard]] std::optional<Lookup> lookup_of(const Graph& graph, const Node& node);

/// Whether the row is `scatter` or `scatter_add` with one place along the last dim for each row:
/// the elements of the result are those of `self`, but one in each row, which is that of `src`, or
/// the sum of both.
[[nodiscard]] bool replaces_one_of_row(const Graph& graph, const Node& node);

/// Whether the row refuses some indices, and a loop can compute it all the same.
[[nodiscard]] bool goes_by_index(const Graph& graph, const Node& node);

/// Whether operand `k` is read elsewhere than where the element of the result lies.
[[nodiscard]] bool reads_elsewhere(const Graph& graph, const Node& node, std::size_t k);

}  // namespace gt::graph

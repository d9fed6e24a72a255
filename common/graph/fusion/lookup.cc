#include "common/graph/fusion/lookup.h"

#include <algorithm>

#include "common/graph/fusion/fusion.h"
#include "common/ops/inference.h"

namespace gt::graph {
namespace {

bool is_index(DType dtype) { return dtype == DType::kInt64 || dtype == DType::kInt32; }

/// first, first + 1, ...
Shape consecutive(std::int64_t first, std::size_t count) {
  Shape dims;
  for (std::size_t d = 0; d < count; ++d) dims.push_back(first + static_cast<std::int64_t>(d));
  return dims;
}

/// The dims of the index take the place of `dim` of the table.
Lookup in_place_of(std::size_t dim, std::size_t table_rank, std::size_t index_rank) {
  Lookup lookup;
  lookup.dim = dim;
  lookup.index_dims = consecutive(static_cast<std::int64_t>(dim), index_rank);
  lookup.table_dims = consecutive(0, dim);
  lookup.table_dims.push_back(-1);
  for (std::int64_t d :
       consecutive(static_cast<std::int64_t>(dim + index_rank), table_rank - dim - 1))
    lookup.table_dims.push_back(d);
  return lookup;
}

/// The dim that attribute 0 names.
std::size_t dim_of(const Graph& graph, const Node& node, std::size_t rank) {
  return static_cast<std::size_t>(wrap_dimension(graph.attributes(node).integer(node.row(), 0),
                                                 static_cast<std::int64_t>(rank)));
}

std::optional<Lookup> gather_of(const Graph& graph, const Node& node) {
  const auto operands = graph.operands(node);
  const Extents table = extents_of(graph, operands[0].value);
  const Extents index = extents_of(graph, operands[1].value);
  if (table.empty() || table.size() != index.size()) return std::nullopt;
  Lookup lookup;
  lookup.dim = dim_of(graph, node, table.size());
  lookup.table_dims = lookup.index_dims = consecutive(0, index.size());
  lookup.table_dims[lookup.dim] = -1;
  for (std::size_t d = 0; d < table.size(); ++d)
    if (d != lookup.dim && !(table[d] == index[d])) return std::nullopt;
  return lookup;
}

/// An index for one dim alone.
std::optional<Lookup> index_of_one_dim(const Graph& graph, const Node& node) {
  const auto operands = graph.operands(node);
  std::uint32_t given = 0;
  for (std::uint32_t k = 1; k < operands.size(); ++k)
    if (operands[k].is_tensor()) given = given == 0 ? k : kNoIndex;
  if (given == 0 || given == kNoIndex) return std::nullopt;
  Lookup lookup = in_place_of(given - 1, graph.meta(operands[0].value).shape.size(),
                              graph.meta(operands[given].value).shape.size());
  lookup.index = given;
  lookup.counts_from_end = true;
  return lookup;
}

std::optional<Lookup> find_lookup(const Graph& graph, const Node& node) {
  const auto operands = graph.operands(node);
  if (node.op == Op::gather) return gather_of(graph, node);
  if (node.op == Op::index) return index_of_one_dim(graph, node);
  if (node.op != Op::index_select && node.op != Op::embedding) return std::nullopt;
  const std::size_t table = graph.meta(operands[0].value).shape.size();
  const std::size_t index = graph.meta(operands[1].value).shape.size();
  if (table == 0 || (node.op == Op::index_select && index != 1)) return std::nullopt;
  return in_place_of(node.op == Op::embedding ? 0 : dim_of(graph, node, table), table, index);
}

}  // namespace

std::optional<Lookup> lookup_of(const Graph& graph, const Node& node) {
  if (node.is_input() || node.row().op_class != OpClass::indexing) return std::nullopt;
  std::optional<Lookup> lookup = find_lookup(graph, node);
  if (!lookup) return std::nullopt;
  const auto operands = graph.operands(node);
  const bool is_sound = is_index(graph.meta(operands[lookup->index].value).dtype) &&
                        graph.meta(operands[lookup->table].value).element_count() != 0;
  return is_sound ? lookup : std::nullopt;
}

bool replaces_one_of_row(const Graph& graph, const Node& node) {
  if (node.is_input() || (node.op != Op::scatter && node.op != Op::scatter_add)) return false;
  const auto operands = graph.operands(node);
  const Extents self = extents_of(graph, operands[0].value);
  const Extents index = extents_of(graph, operands[1].value);
  if (self.empty() || self.size() != index.size() ||
      dim_of(graph, node, self.size()) + 1 != self.size())
    return false;
  for (std::size_t d = 0; d + 1 < self.size(); ++d)
    if (!(self[d] == index[d])) return false;
  return self.back().size > 1 && index.back() == Extent{} &&
         extents_of(graph, operands[2].value) == index &&
         is_index(graph.meta(operands[1].value).dtype);
}

bool goes_by_index(const Graph& graph, const Node& node) {
  return lookup_of(graph, node).has_value() || replaces_one_of_row(graph, node);
}

bool reads_elsewhere(const Graph& graph, const Node& node, std::size_t k) {
  const std::optional<Lookup> lookup = lookup_of(graph, node);
  if (!lookup) return false;
  return k == lookup->table || (k == lookup->index && node.op != Op::gather);
}

}  // namespace gt::graph

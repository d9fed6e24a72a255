#include "common/graph/fusion/loop.h"

#include <algorithm>
#include <bit>

#include "common/graph/fusion/fusion.h"
#include "common/graph/fusion/lookup.h"

namespace gt::graph {

Extents extents_of(const Graph& graph, ValueRef value) {
  const ValueInfo& info = graph.value(value);
  Extents extents;
  for (std::int64_t size : info.meta.shape) extents.push_back({size, kNoIndex});
  for (const SymbolicDimension& symbolic : info.symbolic)
    extents[symbolic.dimension].symbolic = symbolic.size;
  return extents;
}

std::int64_t element_count(const Extents& extents) {
  std::int64_t count = 1;
  for (const Extent& extent : extents) count *= extent.size;
  return count;
}

std::int64_t Space::row_length() const {
  if (extents.empty()) return 1;
  const std::size_t rank = extents.size();
  const std::size_t first = fold == Fold::rows ? rank - folded : rank - 1;
  std::int64_t length = 1;
  for (std::size_t d = first; d < rank; ++d) length *= extents[d].size;
  return length;
}

std::int64_t Space::row_count() const {
  const std::int64_t length = row_length();
  return length == 0 ? 0 : element_count(extents) / length;
}

namespace {

bool is_fold(Op op) {
  return op == Op::sum || op == Op::mean || op == Op::prod || op == Op::amax || op == Op::amin;
}

/// Rows that throw for a zero divisor where they compute in integers.
bool refuses_values(const Graph& graph, NodeIndex index, const Node& node) {
  const bool divides = node.op == Op::div_floor || node.op == Op::div_trunc ||
                       node.op == Op::remainder || node.op == Op::fmod || node.op == Op::pow;
  return divides && !is_floating(graph.meta({index, 0}).dtype);
}

/// Bit d: the reduction folds dim d.
std::uint32_t folded_dims(const Graph& graph, const Node& node) {
  const Attributes attributes = graph.attributes(node);
  const std::size_t rank = graph.meta(graph.operands(node)[0].value).shape.size();
  return dimension_mask(attributes.integers(node.row(), 0), static_cast<std::int64_t>(rank));
}

/// How a reduction walks its operand; nothing if other dims lie between those that it folds.
std::optional<Space> fold_space(const Graph& graph, const Node& node) {
  Space space;
  space.extents = extents_of(graph, graph.operands(node)[0].value);
  const std::size_t rank = space.extents.size();
  const std::uint32_t mask = folded_dims(graph, node);
  if (rank == 0 || !are_neighbours(mask)) return std::nullopt;
  const auto first = static_cast<std::size_t>(std::countr_zero(mask));
  const auto count = static_cast<std::size_t>(std::popcount(mask));
  space.folded = static_cast<std::uint8_t>(count);
  if (first + count == rank) {
    space.fold = Space::Fold::rows;
  } else {
    space.fold = Space::Fold::columns;
    space.leading = static_cast<std::uint8_t>(first);
  }
  return space;
}

/// (rows) or (rows, 1, ...) of a space whose rows are folded.
bool is_row_shape(const Space& space, const Extents& extents, bool keeps_dims) {
  const std::size_t rank = space.extents.size();
  const std::size_t leading = rank - space.folded;
  if (extents.size() != (keeps_dims ? rank : leading)) return false;
  for (std::size_t d = 0; d < extents.size(); ++d)
    if (!(extents[d] == (d < leading ? space.extents[d] : Extent{}))) return false;
  return true;
}

NodeIndex index_of(const Graph& graph, const Node& node) {
  return static_cast<NodeIndex>(&node - graph.nodes().data());
}

}  // namespace

bool draws_numbers(Op op) {
  return op == Op::dropout || op == Op::uniform || op == Op::normal || op == Op::bernoulli ||
         op == Op::randint;
}

bool loop_may_refuse(const Graph& graph, const Node& node) {
  return node.op == Op::bernoulli || node.op == Op::randint || goes_by_index(graph, node);
}

bool kernel_may_refuse(const Graph& graph, const Group& group) {
  return std::any_of(group.loops.begin(), group.loops.end(), [&graph](const Loop& loop) {
    return std::any_of(loop.nodes.begin(), loop.nodes.end(), [&graph](NodeIndex node) {
      return loop_may_refuse(graph, graph.node(node));
    });
  });
}

bool can_fuse(const Graph& graph, const Node& node) {
  if (node.is_input()) return false;
  const NodeIndex index = index_of(graph, node);
  if (graph.meta({index, 0}).element_count() == 0) return false;
  // Element by element the functions of the C library take as long as in the engine.
  if (node.op == Op::normal && graph.meta({index, 0}).dtype == DType::kFloat64) return false;
  if (node.op == Op::full || draws_numbers(node.op) || goes_by_index(graph, node)) return true;
  if (node.row().op_class == OpClass::pointwise) return !refuses_values(graph, index, node);
  return is_fold(node.op) && graph.meta(graph.operands(node)[0].value).element_count() != 0 &&
         fold_space(graph, node).has_value();
}

Loop loop_of(const Graph& graph, NodeIndex index) {
  const Node& node = graph.node(index);
  Loop loop{{}, {index}};
  if (is_fold(node.op))
    loop.space = fold_space(graph, node).value();
  else
    loop.space.extents = extents_of(graph, {index, 0});
  return loop;
}

std::optional<Role> role_of(const Graph& graph, const Space& space, NodeIndex index) {
  const Node& node = graph.node(index);
  if (is_fold(node.op)) {
    const auto own = fold_space(graph, node);
    return own && *own == space ? std::optional(Role::fold) : std::nullopt;
  }
  const Extents extents = extents_of(graph, {index, 0});
  if (extents == space.extents) return Role::element;
  if (draws_numbers(node.op)) return std::nullopt;
  const bool folds_rows = space.fold == Space::Fold::rows;
  if (folds_rows && (is_row_shape(space, extents, true) || is_row_shape(space, extents, false)))
    return Role::row;
  if (element_count(extents) != 1) return std::nullopt;
  return folds_rows && space.row_count() == 1 ? Role::row : Role::uniform;
}

namespace {

/// Whether a node at level `reader` may read what a node at level `maker` made, as `extents`.
bool may_read(const Space& space, Role maker, const Extents& made, Role reader,
              const Extents& read) {
  switch (maker) {
    case Role::uniform:
      return true;
    case Role::element:
      return reader == Role::element || reader == Role::fold;
    case Role::row:
    case Role::fold:
      break;
  }
  if (space.fold != Space::Fold::rows) return false;
  if (reader == Role::row) return made == read || space.row_count() == 1;
  if (reader != Role::element) return false;
  return is_row_shape(space, made, true) || element_count(made) == 1;
}

bool is_sound(const Graph& graph, const Loop& loop) {
  std::vector<Role> roles;
  for (NodeIndex index : loop.nodes) {
    const std::optional<Role> role = role_of(graph, loop.space, index);
    if (!role) return false;
    roles.push_back(*role);
  }
  for (std::size_t i = 0; i < loop.nodes.size(); ++i) {
    const auto operands = graph.operands(loop.nodes[i]);
    for (std::size_t k = 0; k < operands.size(); ++k) {
      const Operand& operand = operands[k];
      if (!operand.is_tensor()) continue;
      const auto maker = std::lower_bound(loop.nodes.begin(), loop.nodes.end(), operand.value.node);
      if (maker == loop.nodes.end() || *maker != operand.value.node) continue;
      if (reads_elsewhere(graph, graph.node(loop.nodes[i]), k)) return false;
      const Role made = roles[static_cast<std::size_t>(maker - loop.nodes.begin())];
      if (!may_read(loop.space, made, extents_of(graph, operand.value), roles[i],
                    extents_of(graph, {loop.nodes[i], 0})))
        return false;
    }
  }
  return true;
}

/// The space that can hold both, if any.
const Space* common_space(const Space& a, const Space& b) {
  const bool a_folds = a.fold != Space::Fold::none;
  const bool b_folds = b.fold != Space::Fold::none;
  if (a_folds && b_folds) return a == b ? &a : nullptr;
  if (a_folds || b_folds) return a_folds ? &a : &b;
  return element_count(a.extents) >= element_count(b.extents) ? &a : &b;
}

}  // namespace

std::optional<Loop> join(const Graph& graph, const Loop& a, const Loop& b) {
  const Space* space = common_space(a.space, b.space);
  if (space == nullptr) return std::nullopt;
  Loop joined{*space, {}};
  std::merge(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
             std::back_inserter(joined.nodes));
  return is_sound(graph, joined) ? std::optional(std::move(joined)) : std::nullopt;
}

bool reads_folds(const Graph& graph, const Loop& loop) {
  return std::any_of(loop.nodes.begin(), loop.nodes.end(), [&](NodeIndex index) {
    const auto operands = graph.operands(index);
    return std::any_of(operands.begin(), operands.end(), [&](const Operand& operand) {
      return operand.is_tensor() && !graph.node(operand.value.node).is_input() &&
             is_fold(graph.node(operand.value.node).op) &&
             std::binary_search(loop.nodes.begin(), loop.nodes.end(), operand.value.node);
    });
  });
}

}  // namespace gt::graph

#include "common/graph/memory/storage.h"

#include <algorithm>
#include <optional>

#include "common/graph/fusion/lookup.h"
#include "common/graph/layouts.h"

namespace gt::graph {

namespace {

Storage find_storage(const Graph& graph, const FusionPlan& plan, bool outputs_stay) {
  Storage storage;
  storage.root.resize(graph.value_count());
  storage.last.assign(graph.value_count(), 0);
  storage.is_made.assign(graph.value_count(), false);
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.node(i);
    for (std::uint32_t k = 0; k < node.value_count; ++k) {
      const std::uint32_t value = graph.value_index({i, k});
      storage.root[value] = is_view(graph, node)
                                ? storage.root[graph.value_index(graph.operands(node)[0].value)]
                                : value;
    }
  }
  for (std::uint32_t g = 0; g < plan.groups.size(); ++g) {
    const Group& group = plan.groups[g];
    for (ValueRef input : group.inputs) {
      std::uint32_t& last = storage.last[storage.root[graph.value_index(input)]];
      last = std::max(last, g);
    }
    if (group.kind == Group::Kind::view) continue;
    for (NodeIndex node : group.loops.front().nodes)
      if (group.kind == Group::Kind::call)  // a row makes all its results, wanted or not
        for (std::uint32_t k = 0; k < graph.node(node).value_count; ++k) {
          const std::uint32_t value = graph.value_index({node, k});
          storage.is_made[value] = true;
          storage.last[value] = std::max(storage.last[value], g);
        }
    for (ValueRef output : group.outputs) {
      const std::uint32_t value = graph.value_index(output);
      storage.is_made[value] = true;
      storage.last[value] = std::max(storage.last[value], g);
    }
  }
  if (outputs_stay)
    for (ValueRef output : graph.outputs())
      storage.last[storage.root[graph.value_index(output)]] = kForever;
  // A call that only reshapes may leave the elements where they are, as strides allow.
  for (NodeIndex i = static_cast<NodeIndex>(graph.nodes().size()); i-- > 0;) {
    const Node& node = graph.node(i);
    if (node.is_input() || node.row().op_class != OpClass::shape || is_view(graph, node)) continue;
    const std::uint32_t from = storage.root[graph.value_index(graph.operands(node).front().value)];
    storage.last[from] =
        std::max(storage.last[from], storage.last[storage.root[graph.value_index({i, 0})]]);
  }
  return storage;
}

}  // namespace

Storage find_storage(const Graph& graph, const FusionPlan& plan) {
  return find_storage(graph, plan, true);
}

Storage find_storage_within(const Graph& graph, const FusionPlan& plan) {
  return find_storage(graph, plan, false);
}

namespace {

/// A call may write over an operand where its row can run in place. What is added to a product is
/// read when the result has been written to.
bool call_overwrites(const Graph& graph, const Node& node, ValueRef input, ValueRef output) {
  if (!node.row().in_place || node.row().op_class == OpClass::library) return false;
  const auto operands = graph.operands(node);
  const auto reads = std::count(operands.begin(), operands.end(), Operand::of(input));
  const std::size_t k = node.op == Op::adam_update ? output.output : 0;
  return output.output == k && reads == 1 && operands[k] == Operand::of(input);
}

/// Whether a node of the loop reads the value by index.
bool is_looked_up(const Graph& graph, const Loop& loop, ValueRef value) {
  return std::any_of(loop.nodes.begin(), loop.nodes.end(), [&](NodeIndex index) {
    const Node& node = graph.node(index);
    const auto operands = graph.operands(node);
    for (std::size_t k = 0; k < operands.size(); ++k)
      if (operands[k] == Operand::of(value) && reads_elsewhere(graph, node, k)) return true;
    return false;
  });
}

/// Where no fold is read, every element is visited once.
bool loop_overwrites(const Graph& graph, const Loop& loop, ValueRef input) {
  return extents_of(graph, input) == loop.space.extents && !reads_folds(graph, loop) &&
         !is_looked_up(graph, loop, input);
}

bool reads(const Graph& graph, const Loop& loop, ValueRef value) {
  return std::any_of(loop.nodes.begin(), loop.nodes.end(), [&](NodeIndex node) {
    const auto operands = graph.operands(node);
    return std::find(operands.begin(), operands.end(), Operand::of(value)) != operands.end();
  });
}

/// As what the group reads `made`: as it is, or in another shape; nothing where it reads a view in
/// which elements lie elsewhere, or more than one.
std::optional<ValueRef> read_as(const Graph& graph, const Storage& storage, const Group& group,
                                ValueRef made) {
  std::optional<ValueRef> read;
  for (ValueRef other : group.inputs) {
    const bool is_of_it = storage.root[graph.value_index(other)] == graph.value_index(made);
    if (!is_of_it && other != made) continue;
    if (read || (other != made && !is_dense(graph, other))) return std::nullopt;
    read = other;
  }
  return read ? read : made;
}

}  // namespace

bool writes_as_planned(const Graph& graph, const Group& group) {
  if (group.kind != Group::Kind::call) return group.kind == Group::Kind::kernel;
  const Op op = graph.node(group.loops.front().nodes.front()).op;
  return op == Op::mm || op == Op::bmm || op == Op::addmm || op == Op::baddbmm;
}

bool may_overwrite(const Graph& graph, const Storage& storage, const Group& group, ValueRef made,
                   ValueRef output) {
  const std::optional<ValueRef> read = read_as(graph, storage, group, made);
  if (!read) return false;
  const ValueRef input = *read;
  const TensorMeta& from = graph.meta(input);
  const TensorMeta& to = graph.meta(output);
  if (!(from.shape == to.shape) || size_of(from.dtype) != size_of(to.dtype)) return false;
  if (!(extents_of(graph, input) == extents_of(graph, output))) return false;
  switch (group.kind) {
    case Group::Kind::view:
      return false;
    case Group::Kind::call:
      return input == made && call_overwrites(graph, graph.node(output.node), input, output);
    case Group::Kind::kernel:
      break;
  }
  for (const Loop& loop : group.loops) {
    const bool writes = std::binary_search(loop.nodes.begin(), loop.nodes.end(), output.node);
    if (writes ? !loop_overwrites(graph, loop, input) : reads(graph, loop, input)) return false;
  }
  return true;
}

}  // namespace gt::graph

// What reads windows of two by two as planes is computed in windows as well, so that a kernel can
// hold both: (..., h, 2, w, 2) in place of (..., 2 h, 2 w).
#include <algorithm>

#include "common/graph/decompositions/windows.h"
#include "common/graph/layouts.h"
#include "common/graph/pass.h"
#include "common/ops/inference.h"

namespace gt::graph {
namespace {

class Following {
 public:
  explicit Following(const Graph& source) : source_(source), rewriter_(source) {}

  PassResult run() {
    for (NodeIndex i = 0; i < source_.nodes().size(); ++i) {
      const Node& node = source_.node(i);
      rewriter_.stand_for(node, true);
      if (!node.is_input() && (follow_row(i, node) || follow_fold(i, node)))
        ++changes_;
      else
        rewriter_.keep(i);
    }
    return {std::move(rewriter_).finish(), changes_};
  }

 private:
  std::optional<ValueRef> windows(const Operand& operand) const {
    return operand.is_tensor() ? windows_of(rewriter_.graph(), operand.value) : std::nullopt;
  }
  /// Of a value that is no window, if it can be seen as some without being copied.
  ValueRef split(ValueRef value) {
    const std::optional<ValueRef> known = windows_of(rewriter_.graph(), value);
    return known ? *known : split_windows(rewriter_, value);
  }

  bool follow_row(NodeIndex index, const Node& node) {
    if (node.row().op_class != OpClass::pointwise) return false;
    const Shape& shape = source_.meta({index, 0}).shape;
    std::vector<Operand> operands = rewriter_.operands_of(index);
    const bool reads_windows =
        std::any_of(operands.begin(), operands.end(), [&](const Operand& operand) {
          return windows(operand) && rewriter_.graph().meta(operand.value).shape == shape;
        });
    if (!reads_windows) return false;
    for (Operand& operand : operands)
      if (operand.is_tensor()) operand.value = viewed_.of(operand.value);
    const NodeIndex made = rewriter_.add(node.op, operands, source_.words(node));
    rewriter_.replace({index, 0}, reshape_like(rewriter_, {made, 0}, source_.value({index, 0})));
    return true;
  }

  /// Sums and means over the last dims, both of the windows' among them.
  bool follow_fold(NodeIndex index, const Node& node) {
    if (node.op != Op::sum && node.op != Op::mean) return false;
    const Operand x = rewriter_.operands_of(index)[0];
    const std::optional<ValueRef> split = windows(x);
    if (!split) return false;
    const auto rank = static_cast<std::int64_t>(rewriter_.graph().meta(x.value).shape.size());
    const Attributes attributes = source_.attributes(node);
    const std::uint32_t mask = dimension_mask(attributes.integers(node.row(), 0), rank);
    const auto count = static_cast<std::int64_t>(__builtin_popcount(mask));
    if (count < 2 || mask >> (rank - count) != (1u << count) - 1) return false;
    Shape dims;
    for (std::int64_t d = rank - count; d < rank + 2; ++d) dims.push_back(d);
    const ValueRef made = rewriter_.add(
        node.op, {Operand::of(*split)},
        make_attributes(node.op, dims, false, source_.attributes(node).dtype(node.row(), 2)));
    const bool keeps_dims = attributes.boolean(node.row(), 1);
    rewriter_.replace({index, 0},
                      keeps_dims ? reshape_like(rewriter_, made, source_.value({index, 0})) : made);
    return true;
  }

  const Graph& source_;
  Rewriter rewriter_;
  ViewedRows viewed_{rewriter_, [this](ValueRef value) { return split(value); }};
  std::size_t changes_ = 0;
};

}  // namespace

PassResult follow_windows(const Graph& graph) { return Following(graph).run(); }

}  // namespace gt::graph

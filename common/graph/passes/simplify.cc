// Exact algebra: rows whose result is, bit for bit, a value that is there already, and chains of
// views and casts that are one. Squares are products. x + 0 is not among them (-0 + 0 is 0), x - 0
// and x + (-0) are.
#include <algorithm>

#include "common/graph/constants.h"
#include "common/graph/layouts.h"
#include "common/graph/pass.h"
#include "common/graph/rewriter.h"
#include "common/ops/inference.h"

namespace gt::graph {
namespace {

class Simplifier {
 public:
  explicit Simplifier(const Graph& source) : source_(source), readers_(source), rewriter_(source) {}

  PassResult run() {
    for (NodeIndex i = 0; i < source_.nodes().size(); ++i) {
      const Node& node = source_.node(i);
      rewriter_.stand_for(node, false);
      if (node.is_input() || !(take_over(i, node) || merge_views(i, node) || merge_casts(i, node) ||
                               multiply_square(i, node)))
        rewriter_.keep(i);
      else
        ++changes_;
    }
    return {std::move(rewriter_).finish(), changes_};
  }

 private:
  const Graph& made() const { return rewriter_.graph(); }
  /// The new value that stands for tensor operand `k`.
  ValueRef operand(const Node& node, std::size_t k) const {
    return rewriter_.of(source_.operands(node)[k].value);
  }
  /// The node that made a new value, if it is one of `op`.
  const Node* maker(ValueRef value, Op op) const {
    const Node& node = made().node(value.node);
    return !node.is_input() && node.op == op ? &node : nullptr;
  }
  ValueRef operand_of(const Node& made_node) const { return made().operands(made_node)[0].value; }
  bool may_stand_for(NodeIndex node, ValueRef value) const {
    return is_dense(made(), value) || !readers_.reach({node, 0});
  }

  /// Lets an existing value stand for the result.
  bool take_over(NodeIndex index, const Node& node) {
    const std::optional<ValueRef> same = same_as(node);
    if (!same || !same_type(index, *same) || !may_stand_for(index, *same)) return false;
    rewriter_.replace({index, 0}, *same);
    return true;
  }
  bool same_type(NodeIndex index, ValueRef value) const {
    const ValueInfo& before = source_.value({index, 0});
    const ValueInfo& after = made().value(value);
    return before.meta.dtype == after.meta.dtype && before.meta.shape == after.meta.shape &&
           before.symbolic == after.symbolic;
  }

  /// A new value whose elements are those of the result, if there is one; its type may differ.
  std::optional<ValueRef> same_as(const Node& node) const {
    const auto operands = source_.operands(node);
    if (operands.empty() || node.value_count != 1) return std::nullopt;
    switch (node.row().op_class) {
      case OpClass::shape:
        return same_view(node);
      case OpClass::pointwise:
        break;
      case OpClass::reduction:
      case OpClass::indexing:
      case OpClass::composite:
      case OpClass::library:
      case OpClass::creation:
      case OpClass::random:
      case OpClass::communication:
        return std::nullopt;
    }
    if (operands.size() == 1 && operands[0].is_tensor()) return same_unary(node);
    if (operands.size() == 2) return same_binary(node, operands);
    return std::nullopt;
  }

  std::optional<ValueRef> same_view(const Node& node) const {
    const ValueRef x = operand(node, 0);
    if (node.op == Op::reshape || node.op == Op::expand) return x;  // if the type is the same
    if (node.op == Op::permute && is_identity(permutation(source_, node))) return x;
    return std::nullopt;
  }

  std::optional<ValueRef> same_unary(const Node& node) const {
    const ValueRef x = operand(node, 0);
    const Node* inner = maker(x, node.op);
    // To a number that is no longer one of the dtype's, a cast to the same dtype changes nothing.
    if (node.op == Op::to || node.op == Op::clone) return x;
    const bool is_involution = node.op == Op::neg || node.op == Op::bitwise_not;
    if (inner != nullptr && is_involution) return operand_of(*inner);
    const bool is_idempotent = node.op == Op::relu || node.op == Op::abs || node.op == Op::floor ||
                               node.op == Op::ceil || node.op == Op::round || node.op == Op::trunc;
    if (inner != nullptr && is_idempotent) return x;
    return std::nullopt;
  }

  std::optional<ValueRef> same_binary(const Node& node, std::span<const Operand> operands) const {
    const bool is_left = operands[0].is_tensor();
    const Operand& number = operands[is_left ? 1 : 0];
    if (!number.is_scalar() || !operands[is_left ? 0 : 1].is_tensor()) return std::nullopt;
    const ValueRef x = operand(node, is_left ? 0 : 1);
    if (node.op == Op::mul && is_number(number, 1)) return x;
    if (node.op == Op::div && is_left && is_number(number, 1)) return x;
    if ((node.op != Op::add && node.op != Op::sub) || !is_left) return std::nullopt;
    return adds_nothing(node, number, made().meta(x).dtype) ? std::optional(x) : std::nullopt;
  }

  /// Whether adding (subtracting) alpha times `number` changes no value of the dtype, -0 included.
  bool adds_nothing(const Node& node, const Operand& number, DType dtype) const {
    const auto constant = constant_of(number);
    if (!constant || constant->to_double() != 0) return false;
    if (!is_floating(dtype)) return true;
    const auto words = source_.words(node);
    const Operand alpha = Operand::of(static_cast<DType>(words[0].bits), words[1]);
    return is_number(alpha, 1) && is_number(number, node.op == Op::add ? -0.0 : 0.0);
  }

  static std::vector<std::int64_t> permutation(const Graph& graph, const Node& node) {
    const Attributes attributes = graph.attributes(node);
    std::vector<std::int64_t> dims;
    for (std::int64_t dim : attributes.integers(node.row(), 0))
      dims.push_back(wrap_dimension(
          dim, static_cast<std::int64_t>(attributes.integers(node.row(), 0).size())));
    return dims;
  }
  static bool is_identity(std::span<const std::int64_t> dims) {
    for (std::size_t d = 0; d < dims.size(); ++d)
      if (dims[d] != static_cast<std::int64_t>(d)) return false;
    return true;
  }

  /// permute of permute, reshape of reshape.
  bool merge_views(NodeIndex index, const Node& node) {
    if (node.op != Op::permute && node.op != Op::reshape) return false;
    const Node* inner = maker(operand(node, 0), node.op);
    if (inner == nullptr) return false;
    const ValueRef x = operand_of(*inner);
    if (node.op == Op::reshape) return merge_reshapes(index, node, x);
    const auto first = permutation(made(), *inner);
    auto dims = permutation(source_, node);
    for (std::int64_t& dim : dims) dim = first[static_cast<std::size_t>(dim)];
    if (is_identity(dims)) {
      rewriter_.replace({index, 0}, x);  // strides and all
      return true;
    }
    const Shape order{std::span<const std::int64_t>(dims)};
    rewriter_.replace({index, 0}, rewriter_.add(Op::permute, {Operand::of(x)},
                                                make_attributes(Op::permute, order)));
    return true;
  }
  /// The inner one may copy; then the result of both is dense, where that of one would not be.
  bool merge_reshapes(NodeIndex index, const Node& node, ValueRef x) {
    if (!may_stand_for(index, x)) return false;
    const Operand operands[] = {Operand::of(x)};
    const NodeIndex merged = rewriter_.add(Op::reshape, operands, source_.words(node));
    rewriter_.replace({index, 0}, {merged, 0});
    return true;
  }

  /// A cast of a widening cast.
  bool merge_casts(NodeIndex index, const Node& node) {
    if (node.op != Op::to) return false;
    const ValueRef wide = operand(node, 0);
    const Node* inner = maker(wide, Op::to);
    if (inner == nullptr) return false;
    const ValueRef x = operand_of(*inner);
    if (!is_widening(made().meta(x).dtype, made().meta(wide).dtype)) return false;
    if (same_type(index, x) && may_stand_for(index, x)) {
      rewriter_.replace({index, 0}, x);
      return true;
    }
    const Operand operands[] = {Operand::of(x)};
    const NodeIndex merged = rewriter_.add(Op::to, operands, source_.words(node));
    rewriter_.replace({index, 0}, {merged, 0});
    return true;
  }

  /// The power of 2 is a product, as its arithmetic says.
  bool multiply_square(NodeIndex index, const Node& node) {
    const auto operands = source_.operands(node);
    if (node.op != Op::pow || !operands[0].is_tensor() || !operands[1].is_scalar()) return false;
    const ValueRef x = operand(node, 0);
    const DType dtype = source_.meta({index, 0}).dtype;
    if (!is_number(operands[1], 2) || !is_floating(dtype) || made().meta(x).dtype != dtype)
      return false;
    rewriter_.replace({index, 0}, rewriter_.add(Op::mul, {Operand::of(x), Operand::of(x)}));
    return true;
  }

  const Graph& source_;
  LayoutReaders readers_;
  Rewriter rewriter_;
  std::size_t changes_ = 0;
};

}  // namespace

PassResult simplify(const Graph& graph) { return Simplifier(graph).run(); }

}  // namespace gt::graph

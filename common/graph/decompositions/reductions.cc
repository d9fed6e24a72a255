// Folds over dims that do not lie side by side, and reductions that are folds of what point-wise
// rows make: worker/engine/native/reduction.cc and its kernels as rows.
#include <cmath>
#include <limits>
#include <optional>

#include "common/graph/decompositions/rows.h"
#include "common/ops/inference.h"

namespace gt::graph {
namespace {

/// An operand so that the dims that are folded lie side by side, as kernels fold them: all others
/// come first where they do not. Of what is smaller than kLeastBytes there are none of the latter.
class Arranged {
 public:
  static constexpr std::size_t kLeastBytes = std::size_t{2} << 20;

  /// Nothing for tensors without dims or elements, and where the engine is faster: kernels read
  /// from memory what it copies first, but take each position apart for it.
  static std::optional<Arranged> of(RowEmitter& emit) {
    const TensorMeta& meta = emit.meta(emit.operand(0));
    if (meta.shape.empty() || meta.element_count() == 0) return std::nullopt;
    const Arranged made(emit, meta.shape.size());
    return made.is_in_place() || meta.byte_count() >= kLeastBytes ? std::optional(made)
                                                                  : std::nullopt;
  }

  [[nodiscard]] bool is_in_place() const noexcept { return order_.empty(); }
  [[nodiscard]] const Shape& dims() const noexcept { return dims_; }
  [[nodiscard]] bool keeps_dims() const noexcept { return keeps_dims_; }
  [[nodiscard]] Operand apply(const Operand& x) const { return permuted(x, order_); }
  /// The result of the node, of what was folded of the operand as it is arranged.
  [[nodiscard]] Operand restore(const Operand& folded) const {
    if (!keeps_dims_) return folded;
    Shape back = order_;
    for (std::size_t d = 0; d < order_.size(); ++d)
      back[static_cast<std::size_t>(order_[d])] = static_cast<std::int64_t>(d);
    return permuted(folded, back);
  }

 private:
  Arranged(RowEmitter& emit, std::size_t rank)
      : emit_(emit),
        keeps_dims_(emit.node().row().attributes.count > 1 &&
                    emit.attributes().boolean(emit.node().row(), 1)) {
    const std::uint32_t mask = dimension_mask(emit.attributes().integers(emit.node().row(), 0),
                                              static_cast<std::int64_t>(rank));
    for (const bool is_folded : {false, true})
      for (std::size_t d = 0; d < rank; ++d)
        if ((((mask >> d) & 1u) != 0) == is_folded) {
          if (is_folded)
            dims_.push_back(static_cast<std::int64_t>(are_neighbours(mask) ? d : order_.size()));
          order_.push_back(static_cast<std::int64_t>(d));
        }
    if (are_neighbours(mask)) order_.clear();
  }

  [[nodiscard]] Operand permuted(const Operand& x, const Shape& order) const {
    return order.empty() ? x : emit_.row(Op::permute, {x}, make_attributes(Op::permute, order));
  }

  RowEmitter& emit_;
  bool keeps_dims_;
  Shape order_;  ///< of the operand's dims; empty: as they are
  Shape dims_;
};

}  // namespace

bool decompose_fold(RowEmitter& emit) {
  const auto arranged = Arranged::of(emit);
  if (!arranged || arranged->is_in_place()) return false;
  const Op op = emit.node().op;
  const bool keeps = arranged->keeps_dims();
  const bool has_dtype = op == Op::sum || op == Op::mean || op == Op::prod;
  const Attributes attributes =
      has_dtype ? make_attributes(op, arranged->dims(), keeps, emit.result(0).meta.dtype)
                : make_attributes(op, arranged->dims(), keeps);
  const Operand folded = emit.row(op, {arranged->apply(emit.operand(0))}, attributes);
  emit.finish(0, arranged->restore(folded));
  return true;
}

bool decompose_var(RowEmitter& emit) {
  const auto arranged = Arranged::of(emit);
  if (!arranged) return false;
  const Shape& dims = arranged->dims();
  const Operand x = arranged->apply(emit.operand(0, emit.compute_dtype()));
  const Operand deviations = emit.sub(x, emit.mean(x, dims));
  const Operand squares = emit.sum(emit.mul(deviations, deviations), dims, arranged->keeps_dims());
  const Operand count = emit.count(emit.info(x), dims);
  const Operand divisor =
      emit.derive(ScalarOp::maximum, emit.derive(ScalarOp::subtract, count, emit.number(2)),
                  Operand::of(ScalarValue(0.0)));
  emit.finish(0, arranged->restore(emit.div(squares, divisor)));
  return true;
}

Operand log_of_exponentials(RowEmitter& emit, const Operand& x, const Shape& dims) {
  const Operand infinity = Operand::of(ScalarValue(std::numeric_limits<double>::infinity()));
  const Operand largest = emit.amax(x, dims);
  // What is subtracted is finite.
  const Operand is_infinite = emit.row(Op::eq, {emit.row(Op::abs, {largest}), infinity});
  const Operand shift = emit.row(Op::where, {is_infinite, Operand::of(ScalarValue(0.0)), largest});
  const Operand total = emit.sum(emit.row(Op::exp, {emit.sub(x, shift)}), dims);
  return emit.add(emit.row(Op::log, {total}), shift);
}

bool decompose_logsumexp(RowEmitter& emit) {
  const auto arranged = Arranged::of(emit);
  const ValueInfo& result = emit.result(0);
  if (!arranged || (!arranged->keeps_dims() && !result.symbolic.empty())) return false;
  const Operand x = arranged->apply(emit.operand(0, emit.compute_dtype()));
  const Operand sums = log_of_exponentials(emit, x, arranged->dims());
  emit.finish(
      0, arranged->keeps_dims() ? arranged->restore(sums) : emit.reshape(sums, result.meta.shape));
  return true;
}

namespace {

/// What a norm of this order adds up, or takes the largest or smallest of.
Operand norm_terms(RowEmitter& emit, const Operand& x, double order) {
  if (order == 0)
    return emit.cast(emit.row(Op::ne, {x, Operand::of(ScalarValue(0.0))}), emit.compute_dtype());
  if (order == 2) return emit.mul(x, x);
  const Operand magnitude = emit.row(Op::abs, {x});
  if (order == 1 || !std::isfinite(order)) return magnitude;
  return emit.row(Op::pow, {magnitude, Operand::of(ScalarValue(order))});
}

}  // namespace

bool decompose_norm(RowEmitter& emit) {
  const auto arranged = Arranged::of(emit);
  if (!arranged) return false;
  const double order = emit.attributes().real(emit.node().row(), 2);
  const bool keeps = arranged->keeps_dims();
  const Operand terms =
      norm_terms(emit, arranged->apply(emit.operand(0, emit.compute_dtype())), order);
  Operand norm;
  if (!std::isfinite(order)) {
    const Op fold = order > 0 ? Op::amax : Op::amin;
    norm = emit.row(fold, {terms}, make_attributes(fold, arranged->dims(), keeps));
  } else {
    norm = emit.sum(terms, arranged->dims(), keeps);
    if (order == 2)
      norm = emit.row(Op::sqrt, {norm});
    else if (order != 0 && order != 1)
      norm = emit.row(Op::pow, {norm, Operand::of(ScalarValue(1.0 / order))});
  }
  emit.finish(0, arranged->restore(norm));
  return true;
}

bool decompose_truth(RowEmitter& emit) {
  const auto arranged = Arranged::of(emit);
  if (!arranged) return false;
  const Op op = emit.node().op;
  const bool keeps = arranged->keeps_dims();
  Operand is_set = arranged->apply(emit.operand(0));
  if (emit.meta(is_set).dtype != DType::kBool)
    is_set = emit.row(Op::ne, {is_set, Operand::of(ScalarValue(std::int64_t{0}))});
  const Op fold = op == Op::all ? Op::amin : Op::amax;
  const Operand folded =
      op == Op::count_nonzero
          ? emit.sum(is_set, arranged->dims(), keeps)
          : emit.row(fold, {is_set}, make_attributes(fold, arranged->dims(), keeps));
  emit.finish(0, arranged->restore(folded));
  return true;
}

}  // namespace gt::graph

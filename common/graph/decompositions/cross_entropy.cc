// Cross entropy with class indices, and its gradient: worker/engine/native/losses.cc as rows that
// look the class of each row up. With probabilities as targets, or with label smoothing, it stays a
// kernel, which adds up the classes one by one.
#include "common/graph/constants.h"
#include "common/graph/decompositions/rows.h"

namespace gt::graph {
namespace {

/// The operands of (N, C) logits, of which the first is operand `self`.
class Classes {
 public:
  Classes(RowEmitter& emit, std::size_t self, std::size_t weight)
      : emit_(emit), self_(self), weight_(weight), dtype_(emit.compute_dtype()) {}

  /// Whether rows have the bits of the kernel.
  [[nodiscard]] bool are_sound() const {
    const ValueInfo& logits = emit_.info(emit_.operand(self_));
    const auto smoothing = constant_of(emit_.number(2));
    return logits.meta.shape.size() == 2 && logits.meta.element_count() != 0 &&
           (logits.symbolic.empty() || is_batch_symbolic()) &&
           !is_floating(emit_.meta(emit_.operand(self_ + 1)).dtype) && smoothing &&
           smoothing->to_double() == 0;
  }

  /// Finds the class of each row; every value of a row has shape (N, 1).
  void begin() {
    shape_ = emit_.meta(emit_.operand(self_)).shape;
    rows_ = {is_batch_symbolic() ? -1 : shape_[0], 1};
    const Operand targets =
        emit_.cast(emit_.reshape(emit_.operand(self_ + 1), rows_), DType::kInt64);
    is_ignored_ = emit_.row(Op::eq, {targets, emit_.number(1)});
    classes_ = emit_.row(Op::where, {is_ignored_, Operand::of(ScalarValue(0)), targets});
  }

  [[nodiscard]] Operand logits() { return emit_.operand(self_, dtype_); }
  [[nodiscard]] const Operand& classes() const { return classes_; }
  /// Numbers of rows as shape (N).
  [[nodiscard]] Operand as_numbers(const Operand& x) { return emit_.reshape(x, Shape{rows_[0]}); }
  [[nodiscard]] Operand as_rows(const Operand& x) {
    return emit_.cast(emit_.reshape(x, rows_), dtype_);
  }
  /// What the table of (N, C) holds for the class of each row.
  [[nodiscard]] Operand of_class(const Operand& table) {
    return emit_.cast(
        emit_.row(Op::gather, {table, classes_}, make_attributes(Op::gather, std::int64_t{1})),
        dtype_);
  }
  [[nodiscard]] Operand logits_of_class() { return of_class(emit_.operand(self_)); }
  [[nodiscard]] Operand or_zero(const Operand& x) {
    return emit_.row(Op::where, {is_ignored_, Operand::of(ScalarValue(0.0)), x});
  }
  [[nodiscard]] bool are_weighted() const { return emit_.has_operand(weight_); }
  /// The weight of each row's class, 0 for an ignored row.
  [[nodiscard]] Operand weights() {
    if (!are_weighted()) return emit_.cast(emit_.row(Op::logical_not, {is_ignored_}), dtype_);
    return or_zero(weights_of_classes());
  }
  [[nodiscard]] Operand weights_of_classes() {
    return of_class(
        emit_.row(Op::expand, {emit_.operand(weight_)}, make_attributes(Op::expand, shape_)));
  }
  /// What the sum of the losses is divided by for the mean.
  [[nodiscard]] Operand divisor() { return emit_.sum(weights(), {}, false); }

 private:
  /// Whether nothing but the number of rows is symbolic; weights are expanded to a fixed one.
  [[nodiscard]] bool is_batch_symbolic() const {
    const auto& symbolic = emit_.info(emit_.operand(self_)).symbolic;
    return symbolic.size() == 1 && symbolic[0].dimension == 0 && !are_weighted();
  }

  RowEmitter& emit_;
  const std::size_t self_, weight_;
  const DType dtype_;
  Shape shape_, rows_;
  Operand is_ignored_, classes_;
};

}  // namespace

bool decompose_cross_entropy(RowEmitter& emit) {
  Classes rows(emit, 0, 2);
  if (!rows.are_sound()) return false;
  rows.begin();
  const Operand sums = log_of_exponentials(emit, rows.logits(), {1});
  Operand losses = emit.sub(sums, rows.logits_of_class());
  if (rows.are_weighted()) losses = emit.mul(rows.weights_of_classes(), losses);
  losses = rows.or_zero(losses);
  emit.finish(1, rows.as_numbers(sums));
  switch (loss_reduction(emit)) {
    case LossReduction::none:
      emit.finish(0, rows.as_numbers(losses));
      return true;
    case LossReduction::mean:
      emit.finish(0, emit.div(emit.sum(losses, {}, false), rows.divisor()));
      return true;
    case LossReduction::sum:
      emit.finish(0, emit.sum(losses, {}, false));
      return true;
  }
  return false;
}

bool decompose_cross_entropy_backward(RowEmitter& emit) {
  Classes rows(emit, 1, 4);
  if (!rows.are_sound()) return false;
  rows.begin();
  const Operand weights = rows.weights();
  const Operand sums = rows.as_rows(emit.operand(3));
  Operand grad = emit.operand(0, emit.compute_dtype());
  const LossReduction reduction = loss_reduction(emit);
  if (reduction == LossReduction::none) grad = rows.as_rows(grad);
  if (reduction == LossReduction::mean) grad = emit.div(grad, rows.divisor());
  // A row without weight has no gradient, even where the mean over no rows is not a number.
  const Operand zero = Operand::of(ScalarValue(0.0));
  const Operand scales = emit.row(Op::where, {emit.row(Op::eq, {weights, zero}), zero, grad});
  const auto weighted = [&](const Operand& logits) {
    return emit.mul(emit.row(Op::exp, {emit.sub(logits, sums)}), weights);
  };
  const Operand all = emit.mul(scales, weighted(rows.logits()));
  const Operand hit = emit.mul(scales, emit.sub(weighted(rows.logits_of_class()), weights));
  emit.finish(0, emit.row(Op::scatter, {all, rows.classes(), hit},
                          make_attributes(Op::scatter, std::int64_t{1})));
  return true;
}

}  // namespace gt::graph

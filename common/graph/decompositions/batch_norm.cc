// Batch norm and its gradient: worker/engine/native/batch_norm.cc and its kernels as rows.
#include <optional>

#include "common/graph/decompositions/rows.h"
#include "common/ops/channel_runs.h"

namespace gt::graph {
namespace {

/// The folds over a channel of (N, C, ...): run by run and then over the images, or in one.
class ChannelFolds {
 public:
  /// Nothing for sizes that decide the order of summation and may change.
  static std::optional<ChannelFolds> over(RowEmitter& emit, const ValueInfo& input) {
    const Shape& shape = input.meta.shape;
    if (element_count(shape) == 0) return std::nullopt;
    for (const SymbolicDimension& symbolic : input.symbolic)
      if (symbolic.dimension != 0) return std::nullopt;
    return ChannelFolds(emit, input);
  }

  /// Statistics of all channels, each of a shape that broadcasts to the input's.
  struct Moments {
    Operand mean;
    Operand variance;  ///< biased
  };
  [[nodiscard]] Moments measure(const Operand& x) const {
    const Operand in = arranged(x);
    const Operand mean = emit_.mean(in, runs_);
    const Operand deviations = emit_.sub(in, mean);
    const Operand variance = emit_.mean(emit_.mul(deviations, deviations), runs_);
    if (!folds_images_) return {per_channel(mean), per_channel(variance)};
    const Operand whole = emit_.mean(mean, {0}, false);
    const Operand gap = emit_.sub(mean, whole);
    return {whole, emit_.mean(emit_.add(variance, emit_.mul(gap, gap)), {0}, false)};
  }

  /// Sums over every channel, of a shape that broadcasts.
  [[nodiscard]] Operand sum(const Operand& x) const {
    const Operand sums = emit_.sum(arranged(x), runs_);
    return folds_images_ ? emit_.sum(sums, {0}, false) : per_channel(sums);
  }

  /// One number a channel, of a shape that broadcasts, and back.
  [[nodiscard]] Operand per_channel(const Operand& x) const {
    return rank_ == 2 ? flat(x) : emit_.reshape(x, spread_);
  }
  [[nodiscard]] Operand flat(const Operand& x) const {
    return emit_.meta(x).shape.size() == 1 ? x : emit_.reshape(x, {spread_[0]});
  }
  /// Elements of a channel.
  [[nodiscard]] Operand count() const { return emit_.count(input_, all_); }

 private:
  ChannelFolds(RowEmitter& emit, const ValueInfo& input) : emit_(emit), input_(input) {
    const Shape& shape = input.meta.shape;
    rank_ = shape.size();
    joins_ = joins_channel_runs(shape);
    folds_images_ = !joins_ && (shape[0] != 1 || !input.symbolic.empty());
    spread_.push_back(shape[1]);
    all_.push_back(0);
    for (std::size_t d = 2; d < rank_; ++d) {
      spread_.push_back(1);
      all_.push_back(static_cast<std::int64_t>(d));
    }
    if (rank_ == 2)
      runs_ = all_;
    else
      for (std::size_t d = joins_ ? 1 : 2; d < rank_; ++d)
        runs_.push_back(static_cast<std::int64_t>(d));
  }

  /// Channels first, where all elements of a channel are one row. With two dims they are columns.
  [[nodiscard]] Operand arranged(const Operand& x) const {
    if (!joins_ || rank_ == 2) return x;
    Shape order{1, 0};
    for (std::size_t d = 2; d < rank_; ++d) order.push_back(static_cast<std::int64_t>(d));
    return emit_.row(Op::permute, {x}, make_attributes(Op::permute, order));
  }

  RowEmitter& emit_;
  const ValueInfo& input_;
  std::size_t rank_ = 0;
  bool joins_ = false;
  bool folds_images_ = false;
  Shape spread_;  ///< (C, 1, ...)
  Shape all_;     ///< the dims of a channel
  Shape runs_;    ///< those that are folded first
};

}  // namespace

bool decompose_batch_norm(RowEmitter& emit) {
  const auto folds = ChannelFolds::over(emit, emit.result(0));
  if (!folds) return false;
  const DType dtype = emit.compute_dtype();
  const Operand x = emit.operand(0, dtype);
  const bool training = emit.attributes().boolean(emit.node().row(), 0);
  ChannelFolds::Moments moments;
  if (training)
    moments = folds->measure(x);
  else
    moments = {folds->per_channel(emit.operand(3, dtype)),
               folds->per_channel(emit.operand(4, dtype))};
  const Operand rstd = emit.row(Op::rsqrt, {emit.add(moments.variance, emit.number(1))});
  Operand scale = rstd;
  if (emit.has_operand(1)) scale = emit.mul(rstd, folds->per_channel(emit.operand(1, dtype)));
  const Operand shift = emit.has_operand(2) ? folds->per_channel(emit.operand(2, dtype))
                                            : Operand::of(ScalarValue(0.0));
  emit.finish(0, emit.add(emit.mul(emit.sub(x, moments.mean), scale), shift));
  emit.finish(1, folds->flat(moments.mean));
  emit.finish(2, folds->flat(rstd));
  if (!training) {
    emit.finish(3, folds->flat(moments.variance));
    return true;
  }
  const Operand count = folds->count();
  const Operand others = emit.derive(ScalarOp::subtract, count, Operand::of(ScalarValue(1.0)));
  const Operand correction = emit.derive(ScalarOp::divide, count, others);
  emit.finish(3, folds->flat(emit.mul(moments.variance, correction)));
  return true;
}

bool decompose_batch_norm_backward(RowEmitter& emit) {
  const auto folds = ChannelFolds::over(emit, emit.result(0));
  if (!folds) return false;
  const DType dtype = emit.compute_dtype();
  const Operand grad = emit.operand(0, dtype);
  const Operand deviations =
      emit.sub(emit.operand(1, dtype), folds->per_channel(emit.operand(2, dtype)));
  const Operand rstd = folds->per_channel(emit.operand(3, dtype));
  const Operand projection = folds->sum(emit.mul(grad, deviations));
  const Operand total = folds->sum(grad);
  const Operand grad_weight = emit.mul(projection, rstd);
  Operand scale = rstd;
  if (emit.has_operand(4)) scale = emit.mul(rstd, folds->per_channel(emit.operand(4, dtype)));
  if (emit.attributes().boolean(emit.node().row(), 0)) {
    const Operand count = folds->count();
    const Operand level = emit.div(total, count);
    const Operand slope = emit.div(emit.mul(grad_weight, rstd), count);
    emit.finish(0, emit.mul(emit.sub(emit.sub(grad, level), emit.mul(deviations, slope)), scale));
  } else {
    emit.finish(0, emit.add(emit.mul(grad, scale), Operand::of(ScalarValue(0.0))));
  }
  emit.finish(1, folds->flat(grad_weight));
  emit.finish(2, folds->flat(total));
  return true;
}

}  // namespace gt::graph

// Batch norm and its gradient. Sums over a channel are folds over the runs of its elements, then
// over the images, both by the reduction tree. Each run is measured by itself while it is in the
// cache: the variance of a channel is the mean over its runs of their variance and of the squared
// distance of their mean from the channel's.
#include <algorithm>
#include <cmath>
#include <vector>

#include "common/ops/channel_runs.h"
#include "worker/engine/native/composite.h"

namespace gt::worker::native {
namespace {

/// (N, C, ...) as rows of n elements, row r of channel r mod C. Runs that are short are gathered:
/// then each channel is one row.
class ChannelRows {
 public:
  ChannelRows(Context& context, const Shape& shape, ComputeType type)
      : context_(context), type_(type), channels_(shape[1]) {
    const std::int64_t run = channel_run(shape);
    gathers_ = joins_channel_runs(shape);
    rows_ = gathers_ ? channels_ : shape[0] * channels_;
    n_ = gathers_ ? shape[0] * run : run;
    for (std::size_t d = 0; d < shape.size(); ++d) order_.push_back(static_cast<std::int64_t>(d));
    if (gathers_) std::swap(order_[0], order_[1]);
  }

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t channels() const noexcept { return channels_; }
  std::int64_t n() const noexcept { return n_; }
  /// Rows of a channel.
  std::int64_t images() const noexcept { return channels_ == 0 ? 0 : rows_ / channels_; }
  /// Elements of a channel.
  std::int64_t count() const noexcept { return images() * n_; }

  Elements elements(const Value& value) const {
    return context_.elements(permuted(value, order_), type_);
  }
  Destination destination(const TensorMeta& meta) const {
    TensorMeta moved = meta;
    if (gathers_) std::swap(moved.shape[0], moved.shape[1]);
    return context_.destination(moved, type_);
  }
  Value finish(Destination destination) const {
    const Value value = context_.finish(std::move(destination));
    return gathers_ ? context_.contiguous(permuted(value, order_)) : value;
  }

  /// Sums over each channel of a number a row.
  void sum_rows(const void* partial, void* sums) const {
    context_.kernels().column_folds[static_cast<int>(Fold::kSum)][index_of(type_)](
        partial, sums, 1, images(), channels_);
  }

 private:
  Context& context_;
  ComputeType type_;
  std::int64_t channels_;
  bool gathers_ = false;
  std::int64_t rows_ = 0;
  std::int64_t n_ = 0;
  Shape order_;
};

/// Elements of an optional operand with one number a channel, `absent` where it is not given.
template <class T>
std::vector<T> per_channel(Context& context, const EngineOperand& operand, std::int64_t channels,
                           T absent) {
  std::vector<T> numbers(static_cast<std::size_t>(channels), absent);
  if (operand.value == nullptr) return numbers;
  const Elements elements = context.elements(
      *operand.value, std::is_same_v<T, float> ? ComputeType::kFloat : ComputeType::kDouble);
  std::copy_n(elements.as<T>(), channels, numbers.begin());
  return numbers;
}

/// Mean, reciprocal standard deviation and unbiased variance of the channels.
template <class T>
void measure(Context& context, const ChannelRows& layout, const Elements& in, double eps, T* mean,
             T* rstd, T* variance) {
  const auto type = std::is_same_v<T, float> ? ComputeType::kFloat : ComputeType::kDouble;
  const std::int64_t channels = layout.channels(), rows = layout.rows();
  const BufferRef means = context.scratch(rows, type), variances = context.scratch(rows, type);
  T* const row_means = static_cast<T*>(means->data());
  T* const row_variances = static_cast<T*>(variances->data());
  context.kernels().batch_norm[index_of(type)].measure(in.data, row_means, row_variances, rows,
                                                       layout.n());
  const T images = static_cast<T>(layout.images());
  if (layout.images() == 1) {
    std::copy_n(row_means, rows, mean);
    std::copy_n(row_variances, rows, variance);
  } else {
    layout.sum_rows(row_means, mean);
    for (std::int64_t c = 0; c < channels; ++c) mean[c] = mean[c] / images;
    for (std::int64_t r = 0; r < rows; ++r) {
      const T gap = row_means[r] - mean[r % channels];
      row_variances[r] = row_variances[r] + gap * gap;
    }
    layout.sum_rows(row_variances, variance);
  }
  const auto count = static_cast<double>(layout.count());
  const T correction = static_cast<T>(count / std::max(count - 1, 0.0));
  for (std::int64_t c = 0; c < channels; ++c) {
    const T biased = variance[c] / images;
    rstd[c] = T(1) / std::sqrt(biased + static_cast<T>(eps));
    variance[c] = biased * correction;
  }
}

template <class T>
Results normalised(Context& context, const EngineCall& call, ComputeType type) {
  const Value& input = *call.operands[0].value;
  const ChannelRows layout(context, input.shape, type);
  const std::int64_t channels = layout.channels();
  const double eps = call.attributes.real(call.row, 1);
  Destination mean = context.destination(call.result_metas[1], type);
  Destination rstd = context.destination(call.result_metas[2], type);
  Destination variance = context.destination(call.result_metas[3], type);
  const Elements in = layout.elements(input);
  if (call.attributes.boolean(call.row, 0)) {
    measure(context, layout, in, eps, mean.as<T>(), rstd.as<T>(), variance.as<T>());
  } else {
    std::ranges::copy(per_channel<T>(context, call.operands[3], channels, 0), mean.as<T>());
    std::ranges::copy(per_channel<T>(context, call.operands[4], channels, 1), variance.as<T>());
    for (std::int64_t c = 0; c < channels; ++c)
      rstd.as<T>()[c] = T(1) / std::sqrt(variance.as<T>()[c] + static_cast<T>(eps));
  }
  std::vector<T> scale = per_channel<T>(context, call.operands[1], channels, 1);
  const std::vector<T> shift = per_channel<T>(context, call.operands[2], channels, 0);
  for (std::size_t c = 0; c < scale.size(); ++c) scale[c] = rstd.as<T>()[c] * scale[c];
  Destination out = layout.destination(call.result_metas[0]);
  context.kernels().batch_norm[index_of(type)].normalise(in.data, mean.data, scale.data(),
                                                         shift.data(), out.data, layout.rows(),
                                                         channels, layout.n());
  Results results;
  results.push_back(layout.finish(std::move(out)));
  for (Destination* destination : {&mean, &rstd, &variance})
    results.push_back(context.finish(std::move(*destination)));
  return results;
}

template <class T>
Results gradients(Context& context, const EngineCall& call, ComputeType type) {
  const Value& input = *call.operands[1].value;
  const ChannelRows layout(context, input.shape, type);
  const std::int64_t channels = layout.channels();
  const BatchNormKernels& kernels = context.kernels().batch_norm[index_of(type)];
  const Elements grad = layout.elements(*call.operands[0].value), in = layout.elements(input);
  const std::vector<T> mean = per_channel<T>(context, call.operands[2], channels, 0);
  const std::vector<T> rstd = per_channel<T>(context, call.operands[3], channels, 1);
  std::vector<T> scale = per_channel<T>(context, call.operands[4], channels, 1);
  Destination grad_weight = context.destination(call.result_metas[1], type);
  Destination grad_bias = context.destination(call.result_metas[2], type);

  std::vector<T> slope(scale.size()), level(scale.size()), projections(scale.size());
  const BufferRef partial = context.scratch(layout.rows(), type);
  const BufferRef sums = context.scratch(layout.rows(), type);
  kernels.project(grad.data, in.data, mean.data(), partial->data(), sums->data(), layout.rows(),
                  channels, layout.n());
  layout.sum_rows(partial->data(), projections.data());
  layout.sum_rows(sums->data(), grad_bias.data);
  const T count = static_cast<T>(layout.count());
  for (std::size_t c = 0; c < scale.size(); ++c) {
    // The statistics of nothing are NaN, and the gradient is a sum of nothing.
    grad_weight.as<T>()[c] = layout.count() == 0 ? T(0) : projections[c] * rstd[c];
    level[c] = grad_bias.as<T>()[c] / count;
    slope[c] = projections[c] * rstd[c] * rstd[c] / count;
    scale[c] = rstd[c] * scale[c];
  }
  Destination out = layout.destination(call.result_metas[0]);
  if (call.attributes.boolean(call.row, 0)) {
    kernels.gradient(grad.data, in.data, mean.data(), level.data(), slope.data(), scale.data(),
                     out.data, layout.rows(), channels, layout.n());
  } else {
    const std::vector<T> zeros(scale.size());
    kernels.normalise(grad.data, zeros.data(), scale.data(), zeros.data(), out.data, layout.rows(),
                      channels, layout.n());
  }
  Results results;
  results.push_back(layout.finish(std::move(out)));
  for (Destination* destination : {&grad_weight, &grad_bias})
    results.push_back(context.finish(std::move(*destination)));
  return results;
}

}  // namespace

Results batch_norm(Context& context, const EngineCall& call) {
  const ComputeType type = compute_type_of(call.result_metas[0].dtype);
  return type == ComputeType::kDouble ? normalised<double>(context, call, type)
                                      : normalised<float>(context, call, type);
}

Results batch_norm_backward(Context& context, const EngineCall& call) {
  const ComputeType type = compute_type_of(call.result_metas[0].dtype);
  return type == ComputeType::kDouble ? gradients<double>(context, call, type)
                                      : gradients<float>(context, call, type);
}

}  // namespace gt::worker::native

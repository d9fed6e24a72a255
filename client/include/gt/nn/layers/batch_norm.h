// Batch norm.
#pragma once

#include <gt/nn/convolutional_options.h>
#include <gt/nn/module.h>

namespace gt::nn {

/// In training normalises with the batch's mean and biased variance, and moves the running
/// statistics: (1 - momentum) * running + momentum * batch, with the unbiased variance; in
/// evaluation with the running ones, or the batch's if none are kept. The buffers `running_mean`,
/// `running_var` and `num_batches_tracked` (Long) are written in place, without history.
template <std::size_t D, class Derived>
class GT_API BatchNormImplBase : public Cloneable<Derived> {
 public:
  explicit BatchNormImplBase(const BatchNormOptions& batch_norm_options);

  void reset() override;
  void reset_parameters();
  void reset_running_stats();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  BatchNormOptions options;
  Tensor weight;
  Tensor bias;
  Tensor running_mean;
  Tensor running_var;
  Tensor num_batches_tracked;

 private:
  /// The weight of this batch in the running statistics.
  [[nodiscard]] Tensor batch_share(const Tensor& running) const;
};

/// Over (N, C) or (N, C, L); another input throws `expected 2D or 3D input (got 4D input)`.
class GT_API BatchNorm1dImpl : public BatchNormImplBase<1, BatchNorm1dImpl> {
 public:
  BatchNorm1dImpl(const BatchNormOptions& options) : BatchNormImplBase(options) {}
};
TORCH_MODULE(BatchNorm1d);

/// Over (N, C, H, W); another input throws `expected 4D input (got 3D input)`.
class GT_API BatchNorm2dImpl : public BatchNormImplBase<2, BatchNorm2dImpl> {
 public:
  BatchNorm2dImpl(const BatchNormOptions& options) : BatchNormImplBase(options) {}
};
TORCH_MODULE(BatchNorm2d);

extern template class BatchNormImplBase<1, BatchNorm1dImpl>;
extern template class BatchNormImplBase<2, BatchNorm2dImpl>;

}  // namespace gt::nn

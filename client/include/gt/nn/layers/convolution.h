// Convolutions.
#pragma once

#include <gt/nn/convolutional_options.h>
#include <gt/nn/module.h>

namespace gt::nn {

/// Weight (out, in / groups, kernel...) and bias (out) begin as U(-b, b), b = 1/sqrt(in / groups *
/// kernel elements). Channels that groups do not divide throw `in_channels must be divisible by
/// groups`.
template <std::size_t D, class Derived>
class GT_API ConvNdImpl : public Cloneable<Derived> {
 public:
  explicit ConvNdImpl(const ConvOptions<D>& conv_options);

  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;

  ConvOptions<D> options;
  Tensor weight;
  Tensor bias;
};

/// `Conv1d(in, out, kernel)`, over (N, C, L) or (C, L).
class GT_API Conv1dImpl : public ConvNdImpl<1, Conv1dImpl> {
 public:
  Conv1dImpl(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<1> kernel_size)
      : Conv1dImpl(Conv1dOptions(in_channels, out_channels, kernel_size)) {}
  explicit Conv1dImpl(const Conv1dOptions& options);
  [[nodiscard]] Tensor forward(const Tensor& input);
};
TORCH_MODULE(Conv1d);

/// `Conv2d(1, 8, 3)`; `Conv2dOptions(1, 8, 3).stride(2).padding(1).bias(false)`. Over (N, C, H, W)
/// or (C, H, W).
class GT_API Conv2dImpl : public ConvNdImpl<2, Conv2dImpl> {
 public:
  Conv2dImpl(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<2> kernel_size)
      : Conv2dImpl(Conv2dOptions(in_channels, out_channels, kernel_size)) {}
  explicit Conv2dImpl(const Conv2dOptions& options);
  [[nodiscard]] Tensor forward(const Tensor& input);
};
TORCH_MODULE(Conv2d);

extern template class ConvNdImpl<1, Conv1dImpl>;
extern template class ConvNdImpl<2, Conv2dImpl>;

}  // namespace gt::nn

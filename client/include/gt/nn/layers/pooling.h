// Pooling over (N, C, H, W) or (C, H, W).
#pragma once

#include <gt/nn/convolutional_options.h>
#include <gt/nn/module.h>

#include <tuple>

namespace gt::nn {

/// `MaxPool2d(2)`; `MaxPool2dOptions(3).stride(2).padding(1)`. The stride is the kernel size unless
/// given.
class GT_API MaxPool2dImpl : public Cloneable<MaxPool2dImpl> {
 public:
  MaxPool2dImpl(ExpandingArray<2> kernel_size) : MaxPool2dImpl(MaxPool2dOptions(kernel_size)) {}
  explicit MaxPool2dImpl(const MaxPool2dOptions& options);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);
  /// The same, and the Long positions in the planes.
  [[nodiscard]] std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);

  MaxPool2dOptions options;
};
TORCH_MODULE(MaxPool2d);

class GT_API AvgPool2dImpl : public Cloneable<AvgPool2dImpl> {
 public:
  AvgPool2dImpl(ExpandingArray<2> kernel_size) : AvgPool2dImpl(AvgPool2dOptions(kernel_size)) {}
  explicit AvgPool2dImpl(const AvgPool2dOptions& options);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);

  AvgPool2dOptions options;
};
TORCH_MODULE(AvgPool2d);

/// `AdaptiveAvgPool2d(1)`; a size that is nullopt stays as it is.
class GT_API AdaptiveAvgPool2dImpl : public Cloneable<AdaptiveAvgPool2dImpl> {
 public:
  AdaptiveAvgPool2dImpl(ExpandingArrayWithOptionalElem<2> output_size)
      : AdaptiveAvgPool2dImpl(AdaptiveAvgPool2dOptions(output_size)) {}
  explicit AdaptiveAvgPool2dImpl(const AdaptiveAvgPool2dOptions& options);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);

  AdaptiveAvgPool2dOptions options;
};
TORCH_MODULE(AdaptiveAvgPool2d);

}  // namespace gt::nn

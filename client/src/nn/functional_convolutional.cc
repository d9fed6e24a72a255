// Functional forms of convolutions, batch norm, pooling and channel dropout.
#include <gt/functions.h>
#include <gt/nn/functional.h>

#include "client/src/session/site.h"

namespace gt::nn::functional {
namespace {

/// Calls `convolve(padding)` with the numbers or the name that the padding holds.
template <std::size_t D, class Convolve>
Tensor with_padding(const ConvPadding<D>& padding, Convolve&& convolve) {
  if (const auto* numbers = std::get_if<ExpandingArray<D>>(&padding))
    return convolve(IntArrayRef(**numbers));
  return convolve(PaddingName(std::holds_alternative<enumtype::kSame>(padding) ? "same" : "valid"));
}

}  // namespace

Tensor conv1d(const Tensor& input, const Tensor& weight, const Conv1dFuncOptions& options) {
  GT_ENTRY();
  return with_padding(options.padding(), [&](auto padding) {
    return gt::conv1d(input, weight, options.bias(), options.stride(), padding, options.dilation(),
                      options.groups());
  });
}

Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dFuncOptions& options) {
  GT_ENTRY();
  return with_padding(options.padding(), [&](auto padding) {
    return gt::conv2d(input, weight, options.bias(), options.stride(), padding, options.dilation(),
                      options.groups());
  });
}

Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options) {
  GT_ENTRY();
  TORCH_CHECK(input.dim() >= 2, "Expected at least 2 input dimensions, but got ", input.dim());
  TORCH_CHECK(!options.training() || input.numel() != input.size(1) || input.numel() == 0,
              "Expected more than 1 value per channel when training, got input size ",
              input.sizes());
  return gt::batch_norm(input, options.weight(), options.bias(), running_mean, running_var,
                        options.training(), options.momentum(), options.eps());
}

std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& input,
                                                   const MaxPool2dFuncOptions& options) {
  GT_ENTRY();
  return gt::max_pool2d_with_indices(input, options.kernel_size(), options.stride(),
                                     options.padding(), options.dilation(), options.ceil_mode());
}

Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& options) {
  GT_ENTRY();
  return std::get<0>(max_pool2d_with_indices(input, options));
}

Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& options) {
  GT_ENTRY();
  return gt::avg_pool2d(input, options.kernel_size(), options.stride(), options.padding(),
                        options.ceil_mode(), options.count_include_pad(),
                        options.divisor_override());
}

Tensor adaptive_avg_pool2d(const Tensor& input, const AdaptiveAvgPool2dFuncOptions& options) {
  GT_ENTRY();
  std::vector<std::int64_t> sizes;
  for (std::int64_t d = 0; d < 2; ++d) {
    const optional<std::int64_t>& size = (*options.output_size())[static_cast<std::size_t>(d)];
    sizes.push_back(size ? *size : input.size(d - 2));
  }
  return gt::adaptive_avg_pool2d(input, sizes);
}

Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options) {
  GT_ENTRY();
  TORCH_CHECK(options.p() >= 0 && options.p() <= 1,
              "dropout probability has to be between 0 and 1, but got ", options.p());
  if (input.dim() != 3 && input.dim() != 4)
    TORCH_WARN("dropout2d: Received a ", input.dim(),
               "-D input to dropout2d, which is deprecated and will result in an error in a future "
               "release. To retain the behavior and silence this warning, please use dropout "
               "instead.");
  const bool is_batched = input.dim() != 3;
  if (!is_batched) input = options.inplace() ? input.unsqueeze_(0) : input.unsqueeze(0);
  Tensor result = options.inplace() ? gt::feature_dropout_(input, options.p(), options.training())
                                    : gt::feature_dropout(input, options.p(), options.training());
  if (is_batched) return result;
  return options.inplace() ? result.squeeze_(0) : result.squeeze(0);
}

}  // namespace gt::nn::functional

// Functions that convolutional networks are made of; included by gt/functions.h.
#pragma once

#include <gt/tensor.h>

#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace gt {

/// "valid" (no padding) or "same" (as large a result as the input; stride 1 only). Never made from
/// a number, so that 0 is one.
class PaddingName {
 public:
  template <class Text>
    requires(std::convertible_to<const Text&, string_view> && !std::is_arithmetic_v<Text>)
  PaddingName(const Text& name) : name_(name) {}
  [[nodiscard]] string_view get() const noexcept { return name_; }

 private:
  string_view name_;
};

/// Convolution of (N, C, L) or (C, L) with weight (K, C / groups, kernel); one number, or one a
/// spatial dim, in each list.
[[nodiscard]] GT_API Tensor conv1d(const Tensor& input, const Tensor& weight,
                                   const optional<Tensor>& bias = {}, IntArrayRef stride = 1,
                                   IntArrayRef padding = 0, IntArrayRef dilation = 1,
                                   std::int64_t groups = 1);
[[nodiscard]] GT_API Tensor conv1d(const Tensor& input, const Tensor& weight,
                                   const optional<Tensor>& bias, IntArrayRef stride,
                                   PaddingName padding, IntArrayRef dilation = 1,
                                   std::int64_t groups = 1);
/// The same of (N, C, H, W) or (C, H, W).
[[nodiscard]] GT_API Tensor conv2d(const Tensor& input, const Tensor& weight,
                                   const optional<Tensor>& bias = {}, IntArrayRef stride = 1,
                                   IntArrayRef padding = 0, IntArrayRef dilation = 1,
                                   std::int64_t groups = 1);
[[nodiscard]] GT_API Tensor conv2d(const Tensor& input, const Tensor& weight,
                                   const optional<Tensor>& bias, IntArrayRef stride,
                                   PaddingName padding, IntArrayRef dilation = 1,
                                   std::int64_t groups = 1);

/// Normalises (N, C, ...) over all dims but C: in training with the batch's mean and biased
/// variance, else with the running ones. In training those, where given, become
/// (1 - momentum) * running + momentum * batch, with the unbiased variance, in place.
[[nodiscard]] GT_API Tensor batch_norm(const Tensor& input, const optional<Tensor>& weight,
                                       const optional<Tensor>& bias,
                                       const optional<Tensor>& running_mean,
                                       const optional<Tensor>& running_var, bool training,
                                       double momentum, double eps, bool cudnn_enabled = false);

/// Largest element of each window of (N, C, H, W) or (C, H, W), NaN if it holds one. An empty
/// stride means the kernel size.
[[nodiscard]] GT_API Tensor max_pool2d(const Tensor& self, IntArrayRef kernel_size,
                                       IntArrayRef stride = {}, IntArrayRef padding = 0,
                                       IntArrayRef dilation = 1, bool ceil_mode = false);
/// The same, and the Long positions in the planes.
[[nodiscard]] GT_API std::tuple<Tensor, Tensor> max_pool2d_with_indices(
    const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
    IntArrayRef dilation = 1, bool ceil_mode = false);
[[nodiscard]] GT_API Tensor avg_pool2d(const Tensor& self, IntArrayRef kernel_size,
                                       IntArrayRef stride = {}, IntArrayRef padding = 0,
                                       bool ceil_mode = false, bool count_include_pad = true,
                                       optional<std::int64_t> divisor_override = nullopt);
/// Means over output_size regions that cover the planes evenly.
[[nodiscard]] GT_API Tensor adaptive_avg_pool2d(const Tensor& self, IntArrayRef output_size);

/// In training, zeroes whole channels with probability p and multiplies the others by 1/(1-p).
[[nodiscard]] GT_API Tensor feature_dropout(const Tensor& input, double p, bool train);
GT_API Tensor& feature_dropout_(Tensor& self, double p, bool train);

}  // namespace gt

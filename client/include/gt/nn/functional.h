// nn::functional: layers and losses as functions.
#pragma once

#include <gt/nn/convolutional_options.h>
#include <gt/nn/options.h>

#include <tuple>
#include <vector>

namespace gt::nn::functional {

struct GT_API DropoutFuncOptions {
  TORCH_ARG(double, p) = 0.5;
  TORCH_ARG(bool, training) = true;
  TORCH_ARG(bool, inplace) = false;
};

using Dropout2dFuncOptions = DropoutFuncOptions;

struct GT_API SoftmaxFuncOptions {
  SoftmaxFuncOptions(std::int64_t dim) : dim_(dim) {}
  TORCH_ARG(std::int64_t, dim);
  TORCH_ARG(optional<Dtype>, dtype) = nullopt;
};
using LogSoftmaxFuncOptions = SoftmaxFuncOptions;

struct GT_API GELUFuncOptions {
  TORCH_ARG(std::string, approximate) = "none";
};

struct GT_API LayerNormFuncOptions {
  LayerNormFuncOptions(std::vector<std::int64_t> normalized_shape)
      : normalized_shape_(std::move(normalized_shape)) {}
  TORCH_ARG(std::vector<std::int64_t>, normalized_shape);
  TORCH_ARG(Tensor, weight);
  TORCH_ARG(Tensor, bias);
  TORCH_ARG(double, eps) = 1e-5;
};

struct GT_API EmbeddingFuncOptions {
  TORCH_ARG(optional<std::int64_t>, padding_idx) = nullopt;
};

using MSELossFuncOptions = MSELossOptions;
using CrossEntropyFuncOptions = CrossEntropyLossOptions;

[[nodiscard]] GT_API Tensor relu(Tensor input, bool inplace = false);
[[nodiscard]] GT_API Tensor gelu(const Tensor& input, const GELUFuncOptions& options = {});
[[nodiscard]] GT_API Tensor silu(const Tensor& input);
[[nodiscard]] GT_API Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options);
[[nodiscard]] GT_API Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options);
[[nodiscard]] GT_API Tensor linear(const Tensor& input, const Tensor& weight,
                                   const Tensor& bias = {});
[[nodiscard]] GT_API Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options);
[[nodiscard]] GT_API Tensor embedding(const Tensor& indices, const Tensor& weight,
                                      const EmbeddingFuncOptions& options = {});
[[nodiscard]] GT_API Tensor dropout(Tensor input, const DropoutFuncOptions& options = {});
/// Zeroes whole channels of (N, C, H, W) or (C, H, W).
[[nodiscard]] GT_API Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options = {});
[[nodiscard]] GT_API Tensor conv1d(const Tensor& input, const Tensor& weight,
                                   const Conv1dFuncOptions& options = {});
[[nodiscard]] GT_API Tensor conv2d(const Tensor& input, const Tensor& weight,
                                   const Conv2dFuncOptions& options = {});
[[nodiscard]] GT_API Tensor batch_norm(const Tensor& input, const Tensor& running_mean,
                                       const Tensor& running_var,
                                       const BatchNormFuncOptions& options = {});
[[nodiscard]] GT_API Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& options);
[[nodiscard]] GT_API std::tuple<Tensor, Tensor> max_pool2d_with_indices(
    const Tensor& input, const MaxPool2dFuncOptions& options);
[[nodiscard]] GT_API Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& options);
[[nodiscard]] GT_API Tensor adaptive_avg_pool2d(const Tensor& input,
                                                const AdaptiveAvgPool2dFuncOptions& options);
[[nodiscard]] GT_API Tensor mse_loss(const Tensor& input, const Tensor& target,
                                     const MSELossFuncOptions& options = {});
[[nodiscard]] GT_API Tensor cross_entropy(const Tensor& input, const Tensor& target,
                                          const CrossEntropyFuncOptions& options = {});

}  // namespace gt::nn::functional

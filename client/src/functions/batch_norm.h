// Batch norm with what becomes of its running statistics.
#pragma once

#include <gt/tensor.h>

#include <functional>

namespace gt::detail {

/// The operands and options of one batch norm; undefined tensors are none.
struct BatchNorm {
  Tensor weight;
  Tensor bias;
  Tensor running_mean;
  Tensor running_var;
  bool training = false;
  double eps = 1e-5;
};

/// The normalised input. In training `update(running, batch)` is called, without recording, for
/// the running mean and the running variance (unbiased), if they are given and the input has
/// elements.
[[nodiscard]] Tensor normalise_batch(
    const Tensor& input, const BatchNorm& norm,
    const std::function<void(const Tensor& running, const Tensor& batch)>& update);

}  // namespace gt::detail

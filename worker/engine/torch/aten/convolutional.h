// Convolutions, batch norm and pooling through ATen, where a row and its schema differ in form.
#pragma once

#include <vector>

#include "worker/engine/torch/aten/boxed_call.h"

namespace gt::aten {

// Same contract as `compute`, each for the row of its name.
[[nodiscard]] std::vector<at::Tensor> convolution_backward(const RowCall& call);
[[nodiscard]] std::vector<at::Tensor> native_batch_norm(const RowCall& call);
[[nodiscard]] std::vector<at::Tensor> native_batch_norm_backward(const RowCall& call);
[[nodiscard]] std::vector<at::Tensor> max_pool2d_backward(const RowCall& call);
[[nodiscard]] std::vector<at::Tensor> avg_pool2d_backward(const RowCall& call);
[[nodiscard]] std::vector<at::Tensor> adaptive_avg_pool2d_backward(const RowCall& call);

}  // namespace gt::aten

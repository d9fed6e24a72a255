// Matrix products on the CPU, by the faster of LibTorch's two libraries for them.
#pragma once

#include <ATen/core/Tensor.h>

namespace gt::aten {

/// out = a b, of matrices (2 dims) or batches of as many matrices (3 dims); `out` is contiguous and
/// shares no memory with the operands. Which library computes it depends on dtype, sizes and
/// processor alone, so that equal operands with equal strides have equal results.
void multiply(at::Tensor& out, const at::Tensor& a, const at::Tensor& b);

/// out = beta addend + alpha a b, where the addend is broadcast to `out`; it is not read if beta is
/// 0. Otherwise as `multiply`.
void multiply_and_add(at::Tensor& out, const at::Tensor& addend, const at::Tensor& a,
                      const at::Tensor& b, const at::Scalar& beta, const at::Scalar& alpha);

}  // namespace gt::aten

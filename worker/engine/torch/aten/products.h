// Matrix products on the CPU, by the faster of LibTorch's two libraries for them.
#pragma once

#include <ATen/core/Tensor.h>

#include "worker/engine/library.h"

namespace gt::aten {

/// out = a b, of matrices (2 dims) or batches of as many matrices (3 dims); `out` is contiguous and
/// shares no memory with the operands. Which library computes it depends on dtype, sizes and
/// processor alone, so that equal operands with equal strides have equal results.
void multiply(at::Tensor& out, const at::Tensor& a, const at::Tensor& b);

/// out = beta addend + alpha a b, where the addend is broadcast to `out`; it is not read if beta is
/// 0. Otherwise as `multiply`. In float32 and float64, where both factors are 1, the bits are those
/// of `multiply` with the addend added to its result: compiled programs count on that.
void multiply_and_add(at::Tensor& out, const at::Tensor& addend, const at::Tensor& a,
                      const at::Tensor& b, const at::Scalar& beta, const at::Scalar& alpha);

/// Whether `multiply_batch` can be called, and is what LibTorch has best for small matrices.
[[nodiscard]] bool has_block_products();
/// Each product is one call of the kernel that oneDNN's products are made of: nothing is copied,
/// whatever the strides, and a call costs less than a tenth of a microsecond.
void multiply_batch(const worker::ProductBatch& batch);

}  // namespace gt::aten

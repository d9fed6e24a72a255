// Values of GT as ATen tensors and back, without copying.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "worker/engine/engine.h"
#include "worker/engine/torch/aten/boxed_call.h"

namespace gt::aten {

/// A tensor over the elements of `value` on `device`. Borrows them: the tensor must not outlive the
/// value's buffer.
[[nodiscard]] at::Tensor borrow(const worker::Value& value, at::Device device);

/// The operands of an instruction, borrowed.
[[nodiscard]] std::vector<Operand> borrow_operands(std::span<const worker::EngineOperand> operands,
                                                   at::Device device);

/// A contiguous value of this dtype and shape from `allocator`, elements undefined.
[[nodiscard]] worker::Value allocate_value(worker::Allocator& allocator, const TensorMeta& meta);

/// Throws CommonError(kInternal) unless `tensor` has the dtype and shape that were inferred.
void expect_meta(const OpRow& row, const at::Tensor& tensor, const TensorMeta& meta);

}  // namespace gt::aten

// Computes any row of the op table with ATen: by its schema where it has one that does the same,
// else by a composition of several ATen calls.
#pragma once

#include <vector>

#include "worker/engine/torch/aten/boxed_call.h"

namespace gt::aten {

/// All results of a row of any class but random and communication, on the device of its operands.
/// Differentiable by ATen's autograd, where the row is, if operands require gradients. Dtypes are
/// those that the row's rules infer. Errors: as call_boxed.
[[nodiscard]] std::vector<at::Tensor> compute(const RowCall& call);

}  // namespace gt::aten

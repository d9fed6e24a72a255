// Calls an ATen operator by the schema that a row of the op table names, its arguments filled by
// name from the row's operands and attributes.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <variant>
#include <vector>

#include "common/ops/attributes.h"
#include "common/ops/op.h"

namespace gt::aten {

/// An operand of a row as ATen takes it: nothing, a tensor, or a number of the program.
using Operand = std::variant<std::monostate, at::Tensor, at::Scalar>;

/// One row with what it works on. Spans live during the call.
struct RowCall {
  const OpRow& row;
  std::span<const Operand> operands;
  const Attributes& attributes;
  at::Device device;  ///< where rows without tensor operands make their result

  [[nodiscard]] bool has_tensor(std::size_t k) const {
    return k < operands.size() && std::holds_alternative<at::Tensor>(operands[k]);
  }
  /// Operand `k`, which must be a tensor.
  [[nodiscard]] const at::Tensor& tensor(std::size_t k) const {
    return std::get<at::Tensor>(operands[k]);
  }
  /// Operand `k`, an undefined tensor where it is absent.
  [[nodiscard]] at::Tensor tensor_or_none(std::size_t k) const {
    return has_tensor(k) ? tensor(k) : at::Tensor();
  }
  /// Operand `k` as a tensor; a number becomes a 0-dim tensor that promotes like a number.
  [[nodiscard]] at::Tensor as_tensor(std::size_t k) const;
};

[[nodiscard]] at::Scalar to_scalar(ScalarValue value);
[[nodiscard]] inline at::ScalarType to_scalar_type(DType dtype) {
  return static_cast<at::ScalarType>(dtype);
}

/// Calls the schema `row.aten` (or the one that `translation.h` puts in its place) and returns all
/// tensors it makes. Arguments that neither the row nor the translation gives take the schema's
/// default. Throws c10::Error as ATen does, and CommonError(kInternal) for a row whose schema is
/// unknown or wants an argument that nobody gives.
[[nodiscard]] std::vector<at::Tensor> call_boxed(const RowCall& call);

/// Runs `function` and turns ATen's exceptions into CommonError with the first line of their
/// message, and into OutOfMemory.
template <class Function>
auto translate_errors(Function&& function) -> decltype(function());

/// The error of ours that `error` stands for, thrown.
[[noreturn]] void rethrow_as_common_error(const c10::Error& error);

template <class Function>
auto translate_errors(Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const c10::Error& error) {
    rethrow_as_common_error(error);
  }
}

}  // namespace gt::aten

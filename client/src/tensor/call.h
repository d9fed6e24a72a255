// How the functions of the API apply rows of the op table to tensors.
//
//   Tensor Tensor::mul(const Tensor& other) const {
//     GT_ENTRY();
//     return call(Op::mul, {*this, other});
//   }
//   Tensor& Tensor::mul_(const Tensor& other) const {
//     GT_ENTRY();
//     return call_in_place(*this, Op::mul, {*this, other});
//   }
#pragma once

#include <gt/tensor.h>

#include <initializer_list>
#include <span>
#include <vector>

#include "client/src/session/site.h"
#include "client/src/tensor/convert.h"
#include "client/src/tensor/tensor_impl.h"
#include "common/ops/attributes.h"

namespace gt::detail {

/// An operand: a tensor, a number, or none (an undefined tensor, nullopt). Refers to the tensor it
/// was made from, so it is only for arguments.
class CallOperand {
 public:
  CallOperand() = default;
  CallOperand(nullopt_t) {}
  CallOperand(const Tensor& tensor) : tensor_(tensor.defined() ? &tensor : nullptr) {}
  CallOperand(const optional<Tensor>& tensor)
      : tensor_(tensor && tensor->defined() ? &*tensor : nullptr) {}
  CallOperand(const Scalar& scalar) : scalar_(to_scalar_value(scalar)), is_scalar_(true) {}
  CallOperand(const optional<Scalar>& scalar) {
    if (!scalar) return;
    scalar_ = to_scalar_value(*scalar);
    is_scalar_ = true;
  }
  CallOperand(ScalarValue scalar) : scalar_(scalar), is_scalar_(true) {}

  [[nodiscard]] const Tensor* tensor() const noexcept { return tensor_; }
  [[nodiscard]] ScalarValue scalar() const noexcept { return scalar_; }
  [[nodiscard]] bool is_scalar() const noexcept { return is_scalar_; }

 private:
  const Tensor* tensor_ = nullptr;
  ScalarValue scalar_;
  bool is_scalar_ = false;
};

/// Applies a row: reads the operands' current values, checks their device labels, infers, emits,
/// and records the operation for backward if recording is on and an operand requires grad.
/// Results are new tensors with the label of the operands (CPU without tensor operands).
/// Throws gt::Error with `[op] ` for a caller's mistake.
[[nodiscard]] std::vector<Tensor> call_all(Op op, std::span<const CallOperand> operands,
                                           const Attributes& attributes = {});
/// The same for rows with one result.
[[nodiscard]] Tensor call(Op op, std::span<const CallOperand> operands,
                          const Attributes& attributes = {});
[[nodiscard]] inline std::vector<Tensor> call_all(Op op,
                                                  std::initializer_list<CallOperand> operands,
                                                  const Attributes& attributes = {}) {
  return call_all(op, std::span(operands.begin(), operands.size()), attributes);
}
[[nodiscard]] inline Tensor call(Op op, std::initializer_list<CallOperand> operands,
                                 const Attributes& attributes = {}) {
  return call(op, std::span(operands.begin(), operands.size()), attributes);
}

/// Applies a row and writes its first result into `self`, which keeps its dtype and shape. `self`
/// is usually an operand as well. Throws as LibTorch: for a result dtype that cannot be cast, a
/// broadcast that would grow `self`, a write to an expanded tensor, a leaf that requires grad.
Tensor& call_in_place(const Tensor& self, Op op, std::span<const CallOperand> operands,
                      const Attributes& attributes = {});
inline Tensor& call_in_place(const Tensor& self, Op op, std::initializer_list<CallOperand> operands,
                             const Attributes& attributes = {}) {
  return call_in_place(self, op, std::span(operands.begin(), operands.size()), attributes);
}

/// Applies a row whose result k is the new value of operand k, for every result, and writes them
/// all: the first operands are tensors that keep their dtypes and shapes. Nothing is recorded.
void update_in_place(Op op, std::initializer_list<CallOperand> operands,
                     const Attributes& attributes);

/// Overwrites all of `self` with `values`, broadcast and cast; the history of `values` becomes that
/// of `self`. `name` is the op that error texts name: `copy_`, `uniform_`.
Tensor& overwrite(const Tensor& self, const Tensor& values, const char* name);

/// A new tensor on a new cell that holds `value`; no history.
[[nodiscard]] Tensor wrap(ValueRef value, Device device = Device(kCPU));
/// The current value of a defined tensor.
[[nodiscard]] ValueRef value_of(const Tensor& tensor);

/// The label as it is carried: a CUDA label without an index means the first. Throws for MPS, and
/// for CUDA devices that no worker has.
[[nodiscard]] Device label_of(Device device);
/// A creation or random row without tensor operands, with the label and requires_grad of `options`.
[[nodiscard]] Tensor create(Op op, const Attributes& attributes, const TensorOptions& options);
/// A tensor with these elements (row-major, `element_count(sizes)` of the dtype), copied at once.
[[nodiscard]] Tensor from_host(const void* data, IntArrayRef sizes, DType dtype,
                               const TensorOptions& options);
/// Keeps the bytes of a small upload, so that reading them back needs no round trip.
void keep_host_copy(const Tensor& tensor, std::span<const std::byte> bytes);
/// Dtype of `options`, Float if not set.
[[nodiscard]] inline DType dtype_or_float(const TensorOptions& options) {
  return to_dtype(options.dtype().toScalarType());
}

}  // namespace gt::detail

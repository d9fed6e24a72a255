// Dtype and shape inference: what an instruction will make, known before anything runs.
//
// Client and dispatcher run the same rules; mistakes throw CommonError with LibTorch's wording.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/ops/attributes.h"
#include "common/ops/op.h"
#include "common/tensor/meta.h"

namespace gt {

/// What a rule may know of one operand.
struct OperandMeta {
  enum class Form : std::uint8_t { none = 0, scalar = 1, tensor = 2 };
  Form form = Form::none;
  DType dtype = DType::kFloat32;  ///< of a scalar: its category (kBool, kInt64 or kFloat64)
  Shape shape;                    ///< empty for scalars

  [[nodiscard]] static OperandMeta of(const TensorMeta& meta) {
    return {Form::tensor, meta.dtype, meta.shape};
  }
  [[nodiscard]] static OperandMeta of(ScalarValue scalar) {
    return {Form::scalar, scalar.dtype(), {}};
  }
  [[nodiscard]] bool is_tensor() const noexcept { return form == Form::tensor; }
  [[nodiscard]] bool is_scalar() const noexcept { return form == Form::scalar; }
  [[nodiscard]] bool is_none() const noexcept { return form == Form::none; }
};

/// Handed to the rules of a row. Rules are written against `operand`, the attribute readers and
/// `result`; a shape rule that shall serve symbolic dimensions is a template over its Dim.
class InferenceContext {
 public:
  InferenceContext(const OpRow& row, std::span<const OperandMeta> operands,
                   const Attributes& attributes, std::span<TensorMeta> results)
      : row_(row), operands_(operands), attributes_(attributes), results_(results) {}

  [[nodiscard]] const OpRow& row() const noexcept { return row_; }
  [[nodiscard]] std::span<const OperandMeta> operands() const noexcept { return operands_; }
  [[nodiscard]] const OperandMeta& operand(std::size_t k) const { return operands_[k]; }
  [[nodiscard]] TensorMeta& result(std::size_t k = 0) { return results_[k]; }
  [[nodiscard]] std::span<TensorMeta> results() noexcept { return results_; }

  [[nodiscard]] std::int64_t integer(std::size_t k) const { return attributes_.integer(row_, k); }
  [[nodiscard]] bool boolean(std::size_t k) const { return attributes_.boolean(row_, k); }
  [[nodiscard]] double real(std::size_t k) const { return attributes_.real(row_, k); }
  [[nodiscard]] ScalarValue scalar(std::size_t k) const { return attributes_.scalar(row_, k); }
  [[nodiscard]] std::span<const std::int64_t> integers(std::size_t k) const {
    return attributes_.integers(row_, k);
  }
  [[nodiscard]] bool has_dtype(std::size_t k) const { return attributes_.has_dtype(row_, k); }
  [[nodiscard]] DType dtype(std::size_t k) const { return attributes_.dtype(row_, k); }

  /// Throws CommonError(kind, message).
  [[noreturn]] void fail(ErrorKind kind, const std::string& message) const;

 private:
  const OpRow& row_;
  std::span<const OperandMeta> operands_;
  const Attributes& attributes_;
  std::span<TensorMeta> results_;
};

/// Checks operand count, forms and dtypes against the row and runs its rules. `results` must have
/// `row.results` elements. Throws CommonError; layouts of the results are left untouched.
void infer(const OpRow& row, std::span<const OperandMeta> operands, const Attributes& attributes,
           std::span<TensorMeta> results);

/// Dtype in which a point-wise row computes: operands promoted by LibTorch's three ranks (tensors
/// with dimensions, 0-dim tensors, scalars).
[[nodiscard]] DType promoted_dtype(std::span<const OperandMeta> operands);

/// Shape to which all operands broadcast; throws `The size of tensor a (2) must match the size of
/// tensor b (3) at non-singleton dimension 1`.
[[nodiscard]] Shape broadcast_shape(std::span<const std::int64_t> a,
                                    std::span<const std::int64_t> b);

/// A dimension counted from the end if negative, in [0, rank) (rank 0 counts as 1); throws
/// `Dimension out of range (expected to be in range of [-1, 0], but got 3)`.
[[nodiscard]] std::int64_t wrap_dimension(std::int64_t dim, std::int64_t rank);

/// Bit d is set for every dimension that `dims` names, all bits of the rank if `dims` is empty;
/// throws for dims out of range and for `dim 0 appears multiple times in the list of dims`.
[[nodiscard]] std::uint32_t dimension_mask(std::span<const std::int64_t> dims, std::int64_t rank);
/// Whether a mask names dimensions with no other ones between them.
[[nodiscard]] constexpr bool are_neighbours(std::uint32_t mask) noexcept {
  return mask != 0 && std::has_single_bit((mask >> std::countr_zero(mask)) + 1);
}

/// Elements of a tensor of these sizes; throws for negative sizes, more than eight of them, and
/// counts whose bytes would not fit in 62 bits (sizes of 0 count as 1 for that).
std::int64_t checked_element_count(std::span<const std::int64_t> sizes);

}  // namespace gt

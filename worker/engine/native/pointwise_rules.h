// How point-wise rows see their operands: the same for the engine's loops and for compiled kernels.
#pragma once

#include "common/ops/op.h"
#include "worker/engine/native/compute_type.h"

namespace gt::worker::native {

/// The row whose arithmetic computes a row: `bitwise_not` of bool is `logical_not`.
[[nodiscard]] constexpr Op arithmetic_of(Op op, DType result) noexcept {
  return op == Op::bitwise_not && result == DType::kBool ? Op::logical_not : op;
}

/// The dtype that the operands are brought to: that of the result, but for casts the operand's own
/// (`first_dtype()`), and for rows with a condition as result their common one (`common_dtype()`).
template <class FirstDType, class CommonDType>
[[nodiscard]] DType operand_dtype(Op op, DType result, bool boolean_result,
                                  const FirstDType& first_dtype, const CommonDType& common_dtype) {
  if (op == Op::to) return first_dtype();
  return boolean_result ? common_dtype() : result;
}

/// Whether LibTorch takes the number at operand `k` in full precision. Others are rounded to the
/// operands' dtype: 300 wraps in uint8, 0.5 is true among bools.
[[nodiscard]] constexpr bool keeps_precision(Op op, std::size_t k) noexcept {
  return k == 1 && (op == Op::add || op == Op::sub || op == Op::mul || op == Op::div);
}

}  // namespace gt::worker::native

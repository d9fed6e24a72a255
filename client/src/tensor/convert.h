// Between the public plain types and those of the op table.
#pragma once

#include <gt/types.h>

#include "common/tensor/dtype.h"
#include "common/tensor/scalar.h"
#include "common/tensor/shape.h"

namespace gt::detail {

/// The numbers of both enumerations are LibTorch's. `Undefined` has no DType.
[[nodiscard]] constexpr DType to_dtype(ScalarType type) noexcept {
  return static_cast<DType>(type);
}
[[nodiscard]] constexpr ScalarType to_scalar_type(DType dtype) noexcept {
  return static_cast<ScalarType>(dtype);
}
/// -1 (kNoDType) for nullopt.
[[nodiscard]] constexpr DType to_dtype(const optional<ScalarType>& type) noexcept {
  return type ? to_dtype(*type) : static_cast<DType>(-1);
}

[[nodiscard]] inline ScalarValue to_scalar_value(const Scalar& scalar) {
  if (scalar.isFloatingPoint()) return ScalarValue(scalar.toDouble());
  if (scalar.isBoolean()) return ScalarValue(scalar.toBool());
  return ScalarValue(scalar.toLong());
}
[[nodiscard]] inline Scalar to_scalar(ScalarValue value) {
  if (value.dtype() == DType::kFloat64) return Scalar(value.to_double());
  if (value.dtype() == DType::kBool) return Scalar(value.to_bool());
  return Scalar(value.to_int64());
}

/// Sizes as a Shape; throws gt::Error `[op] ...` for more than eight.
[[nodiscard]] Shape to_shape(IntArrayRef sizes, const char* op);

}  // namespace gt::detail

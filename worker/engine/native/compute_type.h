// In which types kernels compute.
#pragma once

#include <cstddef>

#include "common/tensor/dtype.h"
#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker::native {

/// Bytes of an element of a compute type.
[[nodiscard]] constexpr std::size_t size_of(ComputeType type) noexcept {
  return type == ComputeType::kFloat ? 4 : 8;
}
/// The type in which elements of `dtype` are computed, and the dtype of its elements.
[[nodiscard]] constexpr ComputeType compute_type_of(DType dtype) noexcept {
  if (!is_floating(dtype)) return ComputeType::kInteger;
  return dtype == DType::kFloat64 ? ComputeType::kDouble : ComputeType::kFloat;
}
[[nodiscard]] constexpr DType dtype_of(ComputeType type) noexcept {
  switch (type) {
    case ComputeType::kFloat:
      return DType::kFloat32;
    case ComputeType::kDouble:
      return DType::kFloat64;
    case ComputeType::kInteger:
      return DType::kInt64;
  }
  return DType::kFloat32;
}
/// The type that holds every number of a category (kBool, kInt64 or kFloat64).
[[nodiscard]] constexpr ComputeType wide_type_of(DType category) noexcept {
  return is_floating(category) ? ComputeType::kDouble : ComputeType::kInteger;
}
/// Index of a compute type in the tables.
[[nodiscard]] constexpr int index_of(ComputeType type) noexcept { return static_cast<int>(type); }

}  // namespace gt::worker::native

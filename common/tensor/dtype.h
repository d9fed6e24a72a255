// Element types, their sizes, categories and promotion (LibTorch's rules and numbering).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gt {

/// Element type of a tensor. The values are LibTorch's ScalarType numbers and wire constants.
enum class DType : std::int8_t {
  kUInt8 = 0,
  kInt8 = 1,
  kInt16 = 2,
  kInt32 = 3,
  kInt64 = 4,
  kFloat16 = 5,
  kFloat32 = 6,
  kFloat64 = 7,
  kBool = 11,
  kBFloat16 = 15,
  kUInt16 = 27,
};

/// One more than the largest number of a dtype, for tables.
inline constexpr std::size_t kDTypeNumbers = 28;

/// All dtypes, for loops over them in tables and tests.
inline constexpr DType kAllDTypes[] = {DType::kUInt8,    DType::kInt8,    DType::kInt16,
                                       DType::kInt32,    DType::kInt64,   DType::kFloat16,
                                       DType::kFloat32,  DType::kFloat64, DType::kBool,
                                       DType::kBFloat16, DType::kUInt16};

/// Promotion order of categories: a higher one wins whatever the rank of the operand.
enum class DTypeCategory : std::uint8_t { kBool = 0, kInteger = 1, kFloating = 2 };

/// Whether `value` is one of the numbers above (for bytes that come from outside).
[[nodiscard]] constexpr bool is_valid_dtype(std::int64_t value) noexcept {
  for (DType dtype : kAllDTypes)
    if (static_cast<std::int64_t>(dtype) == value) return true;
  return false;
}

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::kUInt8:
    case DType::kInt8:
    case DType::kBool:
      return 1;
    case DType::kInt16:
    case DType::kUInt16:
    case DType::kFloat16:
    case DType::kBFloat16:
      return 2;
    case DType::kInt32:
    case DType::kFloat32:
      return 4;
    case DType::kInt64:
    case DType::kFloat64:
      return 8;
  }
  return 0;
}

[[nodiscard]] constexpr DTypeCategory category_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::kBool:
      return DTypeCategory::kBool;
    case DType::kUInt8:
    case DType::kInt8:
    case DType::kInt16:
    case DType::kUInt16:
    case DType::kInt32:
    case DType::kInt64:
      return DTypeCategory::kInteger;
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kFloat32:
    case DType::kFloat64:
      return DTypeCategory::kFloating;
  }
  return DTypeCategory::kBool;
}

[[nodiscard]] constexpr bool is_floating(DType dtype) noexcept {
  return category_of(dtype) == DTypeCategory::kFloating;
}
[[nodiscard]] constexpr bool is_integral(DType dtype, bool include_bool) noexcept {
  return category_of(dtype) == DTypeCategory::kInteger || (include_bool && dtype == DType::kBool);
}

/// The smallest dtype that holds both, by LibTorch's promotion table (c10/core/ScalarType.cpp):
/// Byte with Char is Short, Half with BFloat16 is Float, any float with any integer is the float.
/// uint16 with another integer dtype throws, as in LibTorch.
[[nodiscard]] DType promote(DType a, DType b);

/// LibTorch's capitalised name (`Float`, `Long`), as ScalarType prints.
[[nodiscard]] std::string_view scalar_type_name(DType dtype) noexcept;
/// LibTorch's type name (`float`, `long int`), as `Tensor::dtype()` prints.
[[nodiscard]] std::string_view type_name(DType dtype) noexcept;
/// Our short name (`float32`, `int64`), for logs and diagnostics.
[[nodiscard]] std::string_view short_name(DType dtype) noexcept;

}  // namespace gt

// A number of the program: its category (bool, integer, float) and its value.
#pragma once

#include <bit>
#include <cstdint>

#include "common/tensor/dtype.h"

namespace gt {

/// A host number that takes part in an operation. Its dtype is kBool, kInt64 or kFloat64 and only
/// tells the category; promotion ranks it below every tensor. Travels as one 64-bit word.
class ScalarValue {
 public:
  constexpr ScalarValue() = default;
  constexpr ScalarValue(bool value) : dtype_(DType::kBool), bits_(value ? 1 : 0) {}
  constexpr ScalarValue(std::int64_t value)
      : dtype_(DType::kInt64), bits_(static_cast<std::uint64_t>(value)) {}
  constexpr ScalarValue(int value) : ScalarValue(static_cast<std::int64_t>(value)) {}
  constexpr ScalarValue(double value)
      : dtype_(DType::kFloat64), bits_(std::bit_cast<std::uint64_t>(value)) {}
  [[nodiscard]] static constexpr ScalarValue from_bits(DType dtype, std::uint64_t bits) {
    ScalarValue scalar;
    scalar.dtype_ = dtype;
    scalar.bits_ = bits;
    return scalar;
  }

  [[nodiscard]] constexpr DType dtype() const noexcept { return dtype_; }
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr double to_double() const noexcept {
    return dtype_ == DType::kFloat64 ? std::bit_cast<double>(bits_)
                                     : static_cast<double>(static_cast<std::int64_t>(bits_));
  }
  /// Truncates floats; values beyond int64 are the caller's concern.
  [[nodiscard]] constexpr std::int64_t to_int64() const noexcept {
    return dtype_ == DType::kFloat64 ? static_cast<std::int64_t>(std::bit_cast<double>(bits_))
                                     : static_cast<std::int64_t>(bits_);
  }
  [[nodiscard]] constexpr bool to_bool() const noexcept {
    return dtype_ == DType::kFloat64 ? std::bit_cast<double>(bits_) != 0.0 : bits_ != 0;
  }

 private:
  DType dtype_ = DType::kInt64;
  std::uint64_t bits_ = 0;
};

}  // namespace gt

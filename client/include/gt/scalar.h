// Numbers of the program that take part in tensor operations.
#pragma once

#include <gt/export.h>
#include <gt/scalar_type.h>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <ostream>
#include <type_traits>

namespace gt {

namespace detail {
/// Throws gt::Error: `value cannot be converted to type uint8_t without overflow`.
[[noreturn]] GT_API void throw_scalar_overflow(ScalarType target);
[[noreturn]] GT_API void throw_scalar_too_large();
}  // namespace detail

/// A bool, an integer or a floating number, and which of them it was made from: that decides
/// promotion (`Long + 1` stays Long, `Long + 1.5` becomes Float). Integers are kept in 64 bits.
class Scalar {
 public:
  /// The integer 0.
  constexpr Scalar() = default;
  constexpr Scalar(bool value) : kind_(ScalarType::Bool), integer_(value ? 1 : 0) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  constexpr Scalar(T value) : kind_(ScalarType::Long), integer_(static_cast<std::int64_t>(value)) {
    if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8)
      if (value > static_cast<T>(std::numeric_limits<std::int64_t>::max()))
        detail::throw_scalar_too_large();
  }
  template <std::floating_point T>
  constexpr Scalar(T value) : kind_(ScalarType::Double), floating_(static_cast<double>(value)) {}

  [[nodiscard]] constexpr bool isFloatingPoint() const noexcept {
    return kind_ == ScalarType::Double;
  }
  [[nodiscard]] constexpr bool isIntegral(bool include_bool) const noexcept {
    return kind_ == ScalarType::Long || (include_bool && isBoolean());
  }
  [[nodiscard]] constexpr bool isBoolean() const noexcept { return kind_ == ScalarType::Bool; }
  [[nodiscard]] constexpr bool isComplex() const noexcept { return false; }
  /// Double, Long or Bool.
  [[nodiscard]] constexpr ScalarType type() const noexcept { return kind_; }

  /// The value as a `T`. Floats become integers by truncation; throws if the value does not fit.
  template <class T>
  [[nodiscard]] T to() const {
    static_assert(std::is_arithmetic_v<T>, "Scalar::to<T>() needs an arithmetic type");
    if constexpr (std::same_as<T, bool>) {
      return isFloatingPoint() ? floating_ != 0.0 : integer_ != 0;
    } else if constexpr (std::is_floating_point_v<T>) {
      return to_floating<T>();
    } else {
      return to_integer<T>();
    }
  }
  [[nodiscard]] std::int8_t toChar() const { return to<std::int8_t>(); }
  [[nodiscard]] std::uint8_t toByte() const { return to<std::uint8_t>(); }
  [[nodiscard]] std::int16_t toShort() const { return to<std::int16_t>(); }
  [[nodiscard]] std::int32_t toInt() const { return to<std::int32_t>(); }
  [[nodiscard]] std::int64_t toLong() const { return to<std::int64_t>(); }
  [[nodiscard]] float toFloat() const { return to<float>(); }
  [[nodiscard]] double toDouble() const { return to<double>(); }
  [[nodiscard]] bool toBool() const { return to<bool>(); }

  [[nodiscard]] constexpr Scalar operator-() const {
    if (isFloatingPoint()) return Scalar(-floating_);
    return Scalar(-integer_);
  }
  /// Whether the value is `other`, whatever its kind.
  template <class T>
  [[nodiscard]] constexpr bool equal(T other) const noexcept {
    if (isFloatingPoint()) return floating_ == static_cast<double>(other);
    return static_cast<double>(integer_) == static_cast<double>(other);
  }

 private:
  template <class T>
  [[nodiscard]] T to_floating() const {
    const double value = isFloatingPoint() ? floating_ : static_cast<double>(integer_);
    if constexpr (std::same_as<T, float>) {
      const double limit = static_cast<double>(std::numeric_limits<float>::max());
      if (std::isfinite(value) && std::abs(value) > limit)
        detail::throw_scalar_overflow(ScalarType::Float);
    }
    return static_cast<T>(value);
  }
  template <class T>
  [[nodiscard]] T to_integer() const {
    using Limits = std::numeric_limits<T>;
    if (isFloatingPoint()) {
      const double whole = std::trunc(floating_);
      // The upper limit is not a double for 64 bits; its successor, a power of two, always is.
      const double beyond = std::ldexp(1.0, Limits::digits);
      const double lowest = static_cast<double>(Limits::min());
      // LibTorch lets negative numbers wrap around in unsigned types.
      const bool fits =
          std::is_unsigned_v<T> ? std::abs(whole) < beyond : whole >= lowest && whole < beyond;
      if (!fits) detail::throw_scalar_overflow(ScalarTypeOf<T>::value);
      return static_cast<T>(static_cast<std::int64_t>(whole));
    }
    if constexpr (std::is_unsigned_v<T>) {
      const std::uint64_t magnitude = integer_ < 0 ? ~static_cast<std::uint64_t>(integer_) + 1
                                                   : static_cast<std::uint64_t>(integer_);
      if (magnitude > Limits::max()) detail::throw_scalar_overflow(ScalarTypeOf<T>::value);
    } else if (integer_ < Limits::min() || integer_ > Limits::max()) {
      detail::throw_scalar_overflow(ScalarTypeOf<T>::value);
    }
    return static_cast<T>(integer_);
  }

  ScalarType kind_ = ScalarType::Long;
  union {
    std::int64_t integer_ = 0;
    double floating_;
  };
};

inline std::ostream& operator<<(std::ostream& stream, const Scalar& scalar) {
  if (scalar.isFloatingPoint()) return stream << scalar.toDouble();
  if (scalar.isBoolean()) return stream << (scalar.toBool() ? "true" : "false");
  return stream << scalar.toLong();
}

}  // namespace gt

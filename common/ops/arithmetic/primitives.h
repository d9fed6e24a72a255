// The vocabulary in which the arithmetic of the op table is written.
//
// Arithmetic is generic over its element type: float, double and int64 in the engines' loops, IR
// values in the compiler. It therefore uses only what stands here (and +, -, *, /, comparisons,
// &, |, ^, shifts): no branches on elements, no library calls. Whoever adds an element type
// provides these functions for it, found by argument-dependent lookup, and specialises the traits.
// A branch on a *static* attribute (a host integer) is allowed: it is decided at compilation.
//
// No operation is contracted: an fma stands where it is written, so every target gives the same
// bits. Sources that are compiled once for each instruction set define GT_KERNEL_TARGET, which
// keeps the instantiations of each set apart.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#ifndef GT_KERNEL_TARGET
#define GT_KERNEL_TARGET portable
#endif

#define GT_ARITHMETIC [[gnu::always_inline]] static inline

namespace gt::arithmetic {
inline namespace GT_KERNEL_TARGET {

/// Whether T is a floating-point element type, and whether it has single precision.
template <class T>
inline constexpr bool is_floating_value = std::is_floating_point_v<T>;
template <class T>
inline constexpr bool is_single = std::is_same_v<T, float>;

template <class T>
concept FloatingValue = is_floating_value<T>;
template <class T>
concept IntegerValue = !is_floating_value<T>;

/// The integer of the same width, for bit casts; and double precision of the same kind of value.
template <class T>
struct ValueTraits;
template <>
struct ValueTraits<float> {
  using Bits = std::int32_t;
  using Wide = double;
};
template <>
struct ValueTraits<double> {
  using Bits = std::int64_t;
  using Wide = double;
};
template <class T>
using BitsOf = typename ValueTraits<T>::Bits;
template <class T>
using WideOf = typename ValueTraits<T>::Wide;

/// Of a row that has `apply_moderate` beside `apply`: for single-precision values whose operand
/// `operand` has a magnitude up to `bound`, both give the same bits. Where `least` is positive the
/// operand itself is to lie in [least, bound].
struct Moderate {
  int operand;
  double bound;
  double least = 0;
};

template <class T>
GT_ARITHMETIC T select(bool condition, T if_true, T if_false) {
  return condition ? if_true : if_false;
}
GT_ARITHMETIC bool logical_not_of(bool condition) { return !condition; }
/// Conditions of their own type (& and | of two bools are an int).
GT_ARITHMETIC bool both(bool a, bool b) { return (a & b) != 0; }
GT_ARITHMETIC bool either(bool a, bool b) { return (a | b) != 0; }

GT_ARITHMETIC float fused_multiply_add(float a, float b, float c) {
  return __builtin_fmaf(a, b, c);
}
GT_ARITHMETIC double fused_multiply_add(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}
GT_ARITHMETIC constexpr std::int32_t to_bits(float value) {
  return std::bit_cast<std::int32_t>(value);
}
GT_ARITHMETIC std::int64_t to_bits(double value) { return std::bit_cast<std::int64_t>(value); }
GT_ARITHMETIC float from_bits(std::int32_t bits) { return std::bit_cast<float>(bits); }
GT_ARITHMETIC double from_bits(std::int64_t bits) { return std::bit_cast<double>(bits); }

/// value * 2^amount where that and `value` are normal numbers: adds the low bits of `amount` to the
/// exponent.
GT_ARITHMETIC float add_to_exponent(float value, std::int32_t amount) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) +
                              (static_cast<std::uint32_t>(amount) << 23));
}

/// Integer arithmetic that wraps around.
GT_ARITHMETIC std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
GT_ARITHMETIC std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
GT_ARITHMETIC std::int64_t wrapping_multiply(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
/// Quotient towards zero; the divisor is neither 0 nor -1.
GT_ARITHMETIC std::int64_t quotient(std::int64_t a, std::int64_t b) { return a / b; }

GT_ARITHMETIC double widen(float value) { return static_cast<double>(value); }
GT_ARITHMETIC double widen(double value) { return value; }
template <class T>
GT_ARITHMETIC T narrow(double value) {
  return static_cast<T>(value);
}

GT_ARITHMETIC float absolute(float value) { return __builtin_fabsf(value); }
GT_ARITHMETIC double absolute(double value) { return __builtin_fabs(value); }
GT_ARITHMETIC float copy_sign(float value, float sign) { return __builtin_copysignf(value, sign); }
GT_ARITHMETIC double copy_sign(double value, double sign) {
  return __builtin_copysign(value, sign);
}
GT_ARITHMETIC float square_root(float value) { return __builtin_sqrtf(value); }
GT_ARITHMETIC double square_root(double value) { return __builtin_sqrt(value); }
GT_ARITHMETIC float round_down(float value) { return __builtin_floorf(value); }
GT_ARITHMETIC double round_down(double value) { return __builtin_floor(value); }
GT_ARITHMETIC float round_up(float value) { return __builtin_ceilf(value); }
GT_ARITHMETIC double round_up(double value) { return __builtin_ceil(value); }
GT_ARITHMETIC float round_to_zero(float value) { return __builtin_truncf(value); }
GT_ARITHMETIC double round_to_zero(double value) { return __builtin_trunc(value); }
GT_ARITHMETIC float round_to_even(float value) { return __builtin_nearbyintf(value); }
GT_ARITHMETIC double round_to_even(double value) { return __builtin_nearbyint(value); }
/// Exact remainder of the division towards zero (C's fmod).
GT_ARITHMETIC float exact_remainder(float a, float b) { return __builtin_fmodf(a, b); }
GT_ARITHMETIC double exact_remainder(double a, double b) { return __builtin_fmod(a, b); }

template <class T>
GT_ARITHMETIC auto is_nan(T value) {
  return value != value;
}

/// Horner's scheme with fma: highest coefficient first.
template <class T>
GT_ARITHMETIC T polynomial(T, T constant) {
  return constant;
}
template <class T, class... Rest>
GT_ARITHMETIC T polynomial(T x, T first, T second, Rest... rest) {
  return polynomial(x, fused_multiply_add(first, x, second), rest...);
}

template <FloatingValue T>
GT_ARITHMETIC T infinity() {
  return T(std::numeric_limits<double>::infinity());
}
template <FloatingValue T>
GT_ARITHMETIC T not_a_number() {
  return T(std::numeric_limits<double>::quiet_NaN());
}

/// The larger (smaller) value; NaN if either is NaN.
template <class T>
GT_ARITHMETIC T larger(T a, T b) {
  return select((a > b) | (a != a), a, b);
}
template <class T>
GT_ARITHMETIC T smaller(T a, T b) {
  return select((a < b) | (a != a), a, b);
}

}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic

// Elementary functions of floating-point values, as polynomials.
//
// Single precision: exp, tanh and erf are computed in single precision (at most 1.4 ulp); the
// others in double precision with enough terms for correct rounding of all but a few arguments.
// Double precision: the functions of the C library.
#pragma once

#include "common/ops/arithmetic/primitives.h"
#include "common/ops/arithmetic/wide.h"

namespace gt::arithmetic {
inline namespace GT_KERNEL_TARGET {
namespace functions {

/// 2^exponent for exponents of normal numbers.
template <class T, class I>
GT_ARITHMETIC T power_of_two(I exponent) {
  return from_bits((exponent + I(127)) << I(23));
}

/// exp(x) = fraction * 2^exponent for |x| <= 104; fraction in [0.7, 1.5]. `shifted_bits` are those
/// of 1.5 * 2^23 + exponent.
template <class T>
GT_ARITHMETIC T exp_fraction(T x, BitsOf<T>& shifted_bits) {
  const T shifter = T(12582912.0f);
  const T shifted = fused_multiply_add(x, T(1.44269504f), shifter);
  const T n = shifted - shifter;
  const T f = fused_multiply_add(n, T(-1.42860677e-6f), fused_multiply_add(n, T(-0.693145752f), x));
  const T q = polynomial(f, T(0.0013820642f), T(0.008369828f), T(0.0416683f), T(0.16666512f),
                         T(0.49999994f));
  shifted_bits = to_bits(shifted);
  return fused_multiply_add(f * f, q, f) + T(1.0f);
}

template <FloatingValue T>
GT_ARITHMETIC T exp(T x) {
  if constexpr (!is_single<T>) {
    return library_exp(x);
  } else {
    x = select(x < T(-104.0f), T(-104.0f), x);
    x = select(x > T(89.0f), T(89.0f), x);
    BitsOf<T> shifted_bits;
    const T fraction = exp_fraction(x, shifted_bits);
    const BitsOf<T> exponent = shifted_bits - BitsOf<T>(0x4B400000);
    const BitsOf<T> half = exponent >> BitsOf<T>(1);
    return fraction * power_of_two<T>(half) * power_of_two<T>(exponent - half);
  }
}

/// Up to this magnitude of its operand exp_of_moderate is exp.
inline constexpr double kModerate = 87.0;

/// exp for single-precision results that are normal numbers: multiplies by adding to the exponent's
/// bits. For NaN the result is any number.
template <FloatingValue T>
GT_ARITHMETIC T exp_of_moderate(T x) {
  if constexpr (!is_single<T>) {
    return library_exp(x);
  } else {
    BitsOf<T> shifted_bits;
    const T fraction = exp_fraction(x, shifted_bits);
    return add_to_exponent(fraction, shifted_bits);  // the 1.5 * 2^23 is shifted out
  }
}

template <FloatingValue T>
GT_ARITHMETIC T tanh(T x) {
  if constexpr (!is_single<T>) {
    return library_tanh(x);
  } else {
    const T t = absolute(x);
    const T s = x * x;
    const T q = polynomial(s, T(-0.0058979667f), T(0.020798625f), T(-0.053784717f), T(0.13331936f),
                           T(-0.333333f));
    const T near_zero = fused_multiply_add(q * s, t, t);
    const T e = exp_of_moderate(select(t > T(10.0f), T(10.0f), t) * T(2.0f));
    const T away = T(1.0f) - T(2.0f) / (e + T(1.0f));
    return copy_sign(select(t >= T(0.6f), away, near_zero), x);
  }
}

template <FloatingValue T>
GT_ARITHMETIC T erf(T x) {
  if constexpr (!is_single<T>) {
    return library_erf(x);
  } else {
    const T t = absolute(x);
    const T s = x * x;
    const T q = polynomial(s, T(7.996642e-05f), T(-0.0008049769f), T(0.005192405f),
                           T(-0.026855731f), T(0.11283626f), T(-0.3761263f), T(0.12837917f));
    const T near_zero = fused_multiply_add(q, x, x);
    const T u = select(t > T(3.95f), T(3.95f), t);
    const T g = polynomial(u, T(1.1230034e-05f), T(-0.00032279405f), T(0.0036424296f),
                           T(-0.02376202f), T(0.106236845f), T(0.6351513f), T(0.12864849f));
    const T away = copy_sign(T(1.0f) - exp_of_moderate(-fused_multiply_add(g, u, u)), x);
    return select(t >= T(0.92f), away, near_zero);
  }
}

/// Defines a function that is computed in double precision for single-precision values.
#define GT_WIDE_FUNCTION(name)                \
  template <FloatingValue T>                  \
  GT_ARITHMETIC T name(T x) {                 \
    if constexpr (!is_single<T>)              \
      return library_##name(x);               \
    else                                      \
      return narrow<T>(wide::name(widen(x))); \
  }
GT_WIDE_FUNCTION(expm1)
GT_WIDE_FUNCTION(log)
GT_WIDE_FUNCTION(log1p)
GT_WIDE_FUNCTION(log2)
GT_WIDE_FUNCTION(log10)
GT_WIDE_FUNCTION(sin)
GT_WIDE_FUNCTION(cos)
GT_WIDE_FUNCTION(tan)
GT_WIDE_FUNCTION(sinh)
GT_WIDE_FUNCTION(cosh)
GT_WIDE_FUNCTION(asin)
GT_WIDE_FUNCTION(acos)
GT_WIDE_FUNCTION(atan)
#undef GT_WIDE_FUNCTION

template <FloatingValue T>
GT_ARITHMETIC T atan2(T y, T x) {
  if constexpr (!is_single<T>)
    return library_atan2(y, x);
  else
    return narrow<T>(wide::atan2(widen(y), widen(x)));
}

template <FloatingValue T>
GT_ARITHMETIC T pow(T base, T exponent) {
  if constexpr (!is_single<T>)
    return library_pow(base, exponent);
  else
    return narrow<T>(wide::pow(widen(base), widen(exponent)));
}

template <FloatingValue T>
GT_ARITHMETIC T sigmoid(T x) {
  return T(1.0) / (T(1.0) + exp(-x));
}
/// For operands within kModerate.
template <FloatingValue T>
GT_ARITHMETIC T sigmoid_of_moderate(T x) {
  return T(1.0) / (T(1.0) + exp_of_moderate(-x));
}

}  // namespace functions
}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic

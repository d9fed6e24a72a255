// Elementary functions of floating-point values, as polynomials.
//
// Single precision: exp, log, sin, cos, tanh and erf are computed in single precision (within
// 2 ulp; sin and cos of large angles as the others), the others in double precision with enough
// terms for correct rounding of all but a few arguments. Coefficients without a source are minimax
// fits, rounded one by one from the constant term on.
//
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

/// (exp(2 t) - 1) / 2 of 0 <= t <= 10: (2^n exp(2 f) - 1) / 2, |2 f| <= 0.35.
template <FloatingValue T>
GT_ARITHMETIC T half_expm1_of_double(T t) {
  using I = BitsOf<T>;
  const T shifter = T(12582912.0f);
  const T shifted = fused_multiply_add(t, T(2.88539008f), shifter);
  const T n = shifted - shifter;
  const T f = fused_multiply_add(n, T(-7.14303386e-7f), fused_multiply_add(n, T(-0.346572876f), t));
  const T q =
      polynomial(f, T(0.0446181744f), T(0.13394548f), T(0.333331018f), T(0.666659832f), T(1.0f));
  const T p = fused_multiply_add(f * f, q, f);
  const T scale = from_bits((to_bits(shifted) - I(0x4B400000 - 127)) << I(23));
  return fused_multiply_add(scale, p, fused_multiply_add(scale, T(0.5f), T(-0.5f)));
}

/// For e = (exp(2 |x|) - 1) / 2: e / (1 + e), for small ones in the form e - e * e / (1 + e), to
/// which the division's errors matter less.
template <FloatingValue T>
GT_ARITHMETIC T tanh(T x) {
  if constexpr (!is_single<T>) {
    return library_tanh(x);
  } else {
    const T t = absolute(x);
    const T e = half_expm1_of_double(select(t > T(10.0f), T(10.0f), t));
    const T ratio = e / (e + T(1.0f));
    return copy_sign(select(e < T(1.0f), fused_multiply_add(-e, ratio, e), ratio), x);
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

/// The part of a standard normal distribution beyond t, 0 <= t <= 5.7, in single precision:
/// 2^-(t P(t) + 1). The polynomials are evaluated in pairs: processors look ahead over few
/// operations that wait for each other, and Horner's scheme is one chain of them.
template <FloatingValue T>
GT_ARITHMETIC T normal_tail(T t) {
  const T t2 = t * t;
  const T p01 = fused_multiply_add(t, T(0.45919067f), T(1.1511068f));
  const T p23 = fused_multiply_add(t, T(-0.0071527287f), T(0.05255644f));
  const T p45 = fused_multiply_add(t, T(0.00016963163f), T(0.00019831033f));
  const T p67 = fused_multiply_add(t, T(4.1524117e-06f), T(-4.048169e-05f));
  const T p4_8 = fused_multiply_add(t2, fused_multiply_add(t2, T(-1.6887574e-07f), p67), p45);
  const T p = fused_multiply_add(t2 * t2, p4_8, fused_multiply_add(t2, p23, p01));
  const T exponent = -(p * t);
  const T shifter = T(12582911.0f);  // 1.5 * 2^23, less one for the half
  const T shifted = exponent + shifter;
  const T f = exponent - (shifted - shifter);
  const T f2 = f * f;
  const T q12 = fused_multiply_add(f, T(0.24022648f), T(0.69314718f));
  const T q34 = fused_multiply_add(f, T(0.009618506f), T(0.0555036f));
  const T q56 = fused_multiply_add(f, T(0.00015326463f), T(0.0013390806f));
  const T q = fused_multiply_add(f2, fused_multiply_add(f2, q56, q34), q12);
  return add_to_exponent(fused_multiply_add(f, q, T(1.0f)), to_bits(shifted));
}

/// The part of a standard normal distribution below x. Single precision: what lies beyond 5.7 is
/// less than 1e-8, and left out.
template <FloatingValue T>
GT_ARITHMETIC T normal_distribution(T x) {
  if constexpr (!is_single<T>) {
    return T(0.5) * (T(1) + library_erf(x * T(0.70710678118654752)));
  } else {
    const T t = absolute(x);
    const T tail = select(t > T(5.7f), T(0.0f), normal_tail(t));
    return select(x < T(0.0f), tail, T(1.0f) - tail);
  }
}

/// Operands that log_of_normal takes: the positive normal numbers.
inline constexpr Moderate kNormal{0, 3.4028234663852886e38, 1.1754943508222875e-38};

/// log(x * 2^exponent) of a positive normal x: x = m * 2^e with m in [2/3, 4/3), and
/// log m = f - f^2 / 2 + f^3 P(f) of f = m - 1. For single precision.
template <FloatingValue T>
GT_ARITHMETIC T log_scaled(T x, T exponent) {
  using I = BitsOf<T>;
  const I e = (to_bits(x) - I(0x3F2AAAAB)) >> I(23);
  const T f = from_bits(to_bits(x) - (e << I(23))) - T(1.0f);
  const T scale = from_bits(e + I(0x4B400000)) - T(12582912.0f) + exponent;
  const T q =
      polynomial(f, T(-0.128744125f), T(0.139867052f), T(-0.121883638f), T(0.140053406f),
                 T(-0.166801795f), T(0.200104445f), T(-0.249998048f), T(0.333332151f), T(-0.5f));
  return fused_multiply_add(scale, T(0.693147182f), fused_multiply_add(f * f, q, f));
}
/// log for single-precision operands within kNormal.
template <FloatingValue T>
GT_ARITHMETIC T log_of_normal(T x) {
  if constexpr (!is_single<T>)
    return library_log(x);
  else
    return log_scaled(x, T(0.0f));
}
template <FloatingValue T>
GT_ARITHMETIC T log(T x) {
  if constexpr (!is_single<T>) {
    return library_log(x);
  } else {
    const auto tiny = x < T(1.17549435e-38f);
    const T value =
        log_scaled(select(tiny, x * T(8388608.0f), x), select(tiny, T(-23.0f), T(0.0f)));
    return wide::log_limits(x, value);
  }
}

/// Up to this magnitude of its operand sin_of_moderate is sin, and cos_of_moderate is cos.
inline constexpr double kModerateAngle = 65536.0;

/// sin(|x|) turned by `turns` quarters, in single precision, without its sign, which becomes the
/// highest bit of `sign`: reduction by Cody and Waite with pi / 2 in three parts.
template <FloatingValue T>
GT_ARITHMETIC T sin_of_magnitude(T x, BitsOf<T> turns, BitsOf<T>& sign) {
  using I = BitsOf<T>;
  const T shifter = T(12582912.0f);
  const T t = absolute(x);
  const T shifted = fused_multiply_add(t, T(0.636619747f), shifter);
  const T n = shifted - shifter;
  const T r = fused_multiply_add(
      n, T(1.71512451e-15f),
      fused_multiply_add(n, T(4.37113883e-08f), fused_multiply_add(n, T(-1.57079637f), t)));
  const I quadrant = to_bits(shifted) + turns;
  const T z = r * r;
  const T s = polynomial(z, T(-0.000195056287f), T(0.00833209604f), T(-0.166666538f));
  const T c =
      polynomial(z, T(2.44282091e-05f), T(-0.00138872885f), T(0.0416666456f), T(-0.5f), T(1.0f));
  sign = quadrant << I(30);
  return select((quadrant & I(1)) != I(0), c, fused_multiply_add(s * z, r, r));
}
template <FloatingValue T>
GT_ARITHMETIC T sin_of_moderate(T x) {
  if constexpr (!is_single<T>) {
    return library_sin(x);
  } else {
    using I = BitsOf<T>;
    I sign;
    const T value = sin_of_magnitude(x, I(0), sign);
    return from_bits(to_bits(value) ^ ((sign ^ to_bits(x)) & I(0x80000000)));
  }
}
/// sin(|x|) turned by `turns` quarters, in single precision.
template <FloatingValue T>
GT_ARITHMETIC T turned_sin(T x, BitsOf<T> turns) {
  using I = BitsOf<T>;
  I sign;
  const T value = sin_of_magnitude(x, turns, sign);
  return from_bits(to_bits(value) ^ (sign & I(0x80000000)));
}
template <FloatingValue T>
GT_ARITHMETIC T cos_of_moderate(T x) {
  if constexpr (!is_single<T>)
    return library_cos(x);
  else
    return turned_sin(x, BitsOf<T>(1));
}
/// Up to this magnitude of its operand tan_of_moderate is tan.
inline constexpr double kModerateTangent = wide::kModerateAngle;

#define GT_ANGLE_FUNCTION(name)                                              \
  template <FloatingValue T>                                                 \
  GT_ARITHMETIC T name(T x) {                                                \
    if constexpr (!is_single<T>)                                             \
      return library_##name(x);                                              \
    else                                                                     \
      return select(absolute(x) <= T(kModerateAngle), name##_of_moderate(x), \
                    narrow<T>(wide::name(widen(x))));                        \
  }
GT_ANGLE_FUNCTION(sin)
GT_ANGLE_FUNCTION(cos)
#undef GT_ANGLE_FUNCTION
template <FloatingValue T>
GT_ARITHMETIC T tan_of_moderate(T x) {
  if constexpr (!is_single<T>)
    return library_tan(x);
  else
    return narrow<T>(wide::tan_of_moderate(widen(x)));
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
GT_WIDE_FUNCTION(log1p)
GT_WIDE_FUNCTION(log2)
GT_WIDE_FUNCTION(log10)
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

/// Two uniform numbers in [0, 1) become two normal ones, by the method of Box and Muller: of the
/// first their distance from the origin, of the second their angle.
template <FloatingValue T>
GT_ARITHMETIC T normal_radius(T uniform) {
  return square_root(T(-2) * log_of_normal(T(1) - uniform));
}
template <FloatingValue T>
GT_ARITHMETIC T normal_angle(T uniform) {
  return uniform * T(6.283185307179586);
}

}  // namespace functions
}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic

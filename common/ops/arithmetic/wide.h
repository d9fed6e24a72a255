// Elementary functions in double precision for single-precision results: relative error below
// 1e-10, arguments and results within the range of float. And the C library's functions for
// double-precision results.
#pragma once

#include "common/ops/arithmetic/primitives.h"

namespace gt::arithmetic {
inline namespace GT_KERNEL_TARGET {

#define GT_LIBRARY_FUNCTION(name) \
  GT_ARITHMETIC double library_##name(double x) { return __builtin_##name(x); }
GT_LIBRARY_FUNCTION(exp)
GT_LIBRARY_FUNCTION(expm1)
GT_LIBRARY_FUNCTION(log)
GT_LIBRARY_FUNCTION(log1p)
GT_LIBRARY_FUNCTION(log2)
GT_LIBRARY_FUNCTION(log10)
GT_LIBRARY_FUNCTION(sin)
GT_LIBRARY_FUNCTION(cos)
GT_LIBRARY_FUNCTION(tan)
GT_LIBRARY_FUNCTION(tanh)
GT_LIBRARY_FUNCTION(sinh)
GT_LIBRARY_FUNCTION(cosh)
GT_LIBRARY_FUNCTION(asin)
GT_LIBRARY_FUNCTION(acos)
GT_LIBRARY_FUNCTION(atan)
GT_LIBRARY_FUNCTION(erf)
#undef GT_LIBRARY_FUNCTION
GT_ARITHMETIC double library_atan2(double y, double x) { return __builtin_atan2(y, x); }
GT_ARITHMETIC double library_pow(double x, double y) { return __builtin_pow(x, y); }

namespace wide {

inline constexpr double kHalfPi = 0x1.921fb54442d18p+0;
inline constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;
/// Adding this rounds to an integer, which then stands in the low bits.
inline constexpr double kShifter = 0x1.8p52;

/// exp(x) - 1 of the part of x beyond the nearest multiple of ln 2, and 2 to that multiple.
template <class W>
GT_ARITHMETIC W exp_parts(W x, W& scale) {
  x = select(x < W(-200.0), W(-200.0), x);
  x = select(x > W(200.0), W(200.0), x);
  const W shifted = fused_multiply_add(x, W(1.4426950408889634), W(kShifter));
  const W n = shifted - W(kShifter);
  const W r = fused_multiply_add(n, W(-0x1.62e42fefa39efp-1), x);
  using I = BitsOf<W>;
  scale = from_bits(((to_bits(shifted) - I(0x4338000000000000)) + I(1023)) << I(52));
  const W q = polynomial(r, W(1.0 / 3628800), W(1.0 / 362880), W(1.0 / 40320), W(1.0 / 5040),
                         W(1.0 / 720), W(1.0 / 120), W(1.0 / 24), W(1.0 / 6), W(0.5));
  return fused_multiply_add(r * r, q, r);
}

template <class W>
GT_ARITHMETIC W exp(W x) {
  W scale;
  const W fraction = exp_parts(x, scale);
  return fused_multiply_add(fraction, scale, scale);
}

template <class W>
GT_ARITHMETIC W expm1(W x) {
  W scale;
  const W fraction = exp_parts(x, scale);
  return select(x == W(0.0), x, fused_multiply_add(fraction, scale, scale - W(1.0)));
}

/// log(1 + x) where `sum` is 1 + x rounded. What comes out for a sum that is no positive number is
/// replaced by log_limits.
template <class W>
GT_ARITHMETIC W log_of_sum(W sum, W x) {
  using I = BitsOf<W>;
  const I bits = to_bits(select(sum > W(0.0), sum, W(1.0)));
  const I exponent = (bits - I(0x3FE6A09E667F3BCD)) >> I(52);
  const W mantissa = from_bits(bits - (exponent << I(52)));
  const W e = from_bits(I(0x4338000000000000) + exponent) - W(kShifter);
  const W f = select(e == W(0.0), x, mantissa - W(1.0));
  const W s = f / (f + W(2.0));
  const W z = s * s;
  const W series = polynomial(z, W(2.0 / 15), W(2.0 / 13), W(2.0 / 11), W(2.0 / 9), W(2.0 / 7),
                              W(2.0 / 5), W(2.0 / 3));
  return fused_multiply_add(e, W(0x1.62e42fefa39efp-1), fused_multiply_add(series * z, s, s + s));
}

/// Puts the limits of a logarithm right: -inf at zero, NaN below, inf and NaN kept.
template <class W>
GT_ARITHMETIC W log_limits(W argument, W value) {
  value = select(argument < infinity<W>(), value, argument);
  value = select(argument == W(0.0), -infinity<W>(), value);
  return select(argument < W(0.0), not_a_number<W>(), value);
}

template <class W>
GT_ARITHMETIC W log(W x) {
  return log_limits(x, log_of_sum(x, x - W(1.0)));
}
template <class W>
GT_ARITHMETIC W log1p(W x) {
  const W sum = x + W(1.0);
  return select(x == W(0.0), x, log_limits(sum, log_of_sum(sum, x)));
}
template <class W>
GT_ARITHMETIC W log2(W x) {
  return log(x) * W(1.4426950408889634);
}
template <class W>
GT_ARITHMETIC W log10(W x) {
  return log(x) * W(0.43429448190325183);
}

/// Up to this magnitude reduce_moderate is accurate.
inline constexpr double kModerateAngle = 0x1p40;

/// x minus the nearest multiple of pi / 2, and that multiple, by Cody and Waite.
template <class W>
GT_ARITHMETIC W reduce_moderate(W x, BitsOf<W>& quadrant) {
  const W shifted = fused_multiply_add(x, W(0.63661977236758134), W(kShifter));
  quadrant = to_bits(shifted);
  const W n = shifted - W(kShifter);
  return fused_multiply_add(n, W(-kHalfPiLow), fused_multiply_add(n, W(-kHalfPi), x));
}
/// sum + x * part without the multiples of 4 in it. Both the product and what is left of it are
/// exact: x and the part of 2 / pi have 24 bits each.
template <class W>
GT_ARITHMETIC W add_quarters(W sum, W x, W part) {
  const W product = x * part;
  const W rest = fused_multiply_add(round_to_even(product * W(0.25)), W(-4.0), product);
  const W total = sum + rest;
  return fused_multiply_add(round_to_even(total * W(0.25)), W(-4.0), total);
}
/// The same for any single-precision x (Payne and Hanek): 2 / pi in parts of 24 bits, as many as
/// the largest x needs.
template <class W>
GT_ARITHMETIC W reduce_large(W x, BitsOf<W>& quadrant) {
  W quarters = W(0.0);
  quarters = add_quarters(quarters, x, W(0xa2f983p-24));
  quarters = add_quarters(quarters, x, W(0x6e4e44p-48));
  quarters = add_quarters(quarters, x, W(0x1529fcp-72));
  quarters = add_quarters(quarters, x, W(0x2757d1p-96));
  quarters = add_quarters(quarters, x, W(0xf534ddp-120));
  quarters = add_quarters(quarters, x, W(0xc0db62p-144));
  quarters = add_quarters(quarters, x, W(0x95993cp-168));
  quarters = add_quarters(quarters, x, W(0x439041p-192));
  quarters = add_quarters(quarters, x, W(0xfe5163p-216));
  const W shifted = quarters + W(kShifter);
  quadrant = to_bits(shifted);
  return (quarters - (shifted - W(kShifter))) * W(kHalfPi);
}
template <class W>
GT_ARITHMETIC W reduce_quadrant(W x, BitsOf<W>& quadrant) {
  BitsOf<W> near;
  BitsOf<W> far;
  const W r = reduce_moderate(x, near);
  const W large = reduce_large(x, far);
  const auto is_moderate = absolute(x) <= W(kModerateAngle);
  quadrant = select(is_moderate, near, far);
  return select(is_moderate, r, large);
}
template <class W>
GT_ARITHMETIC W sin_near_zero(W r) {
  const W z = r * r;
  const W q = polynomial(z, W(1.0 / 6227020800), W(-1.0 / 39916800), W(1.0 / 362880),
                         W(-1.0 / 5040), W(1.0 / 120), W(-1.0 / 6));
  return fused_multiply_add(q * z, r, r);
}
template <class W>
GT_ARITHMETIC W cos_near_zero(W r) {
  const W z = r * r;
  const W q = polynomial(z, W(1.0 / 479001600), W(-1.0 / 3628800), W(1.0 / 40320), W(-1.0 / 720),
                         W(1.0 / 24), W(-0.5));
  return fused_multiply_add(q, z, W(1.0));
}
template <class W>
GT_ARITHMETIC W sin_of_quadrant(W r, BitsOf<W> quadrant) {
  using I = BitsOf<W>;
  const W value = select((quadrant & I(1)) != I(0), cos_near_zero(r), sin_near_zero(r));
  return select((quadrant & I(2)) != I(0), -value, value);
}
template <class W>
GT_ARITHMETIC W sin(W x) {
  BitsOf<W> quadrant;
  const W r = reduce_quadrant(x, quadrant);
  return sin_of_quadrant(r, quadrant);
}
template <class W>
GT_ARITHMETIC W cos(W x) {
  BitsOf<W> quadrant;
  const W r = reduce_quadrant(x, quadrant);
  return sin_of_quadrant(r, quadrant + BitsOf<W>(1));
}
template <class W>
GT_ARITHMETIC W tan_of_quadrant(W r, BitsOf<W> quadrant) {
  using I = BitsOf<W>;
  const W s = sin_near_zero(r);
  const W c = cos_near_zero(r);
  return select((quadrant & I(1)) != I(0), -(c / s), s / c);
}
template <class W>
GT_ARITHMETIC W tan(W x) {
  BitsOf<W> quadrant;
  const W r = reduce_quadrant(x, quadrant);
  return select(x == W(0.0), x, tan_of_quadrant(r, quadrant));
}
/// For operands within kModerateAngle.
template <class W>
GT_ARITHMETIC W tan_of_moderate(W x) {
  BitsOf<W> quadrant;
  const W r = reduce_moderate(x, quadrant);
  return select(x == W(0.0), x, tan_of_quadrant(r, quadrant));
}

template <class W>
GT_ARITHMETIC W sinh(W x) {
  const W e = exp(x);
  const W near_zero = fused_multiply_add(x * x * W(1.0 / 6), x, x);
  return select(absolute(x) < W(1e-3), near_zero, (e - W(1.0) / e) * W(0.5));
}
template <class W>
GT_ARITHMETIC W cosh(W x) {
  const W e = exp(x);
  return (e + W(1.0) / e) * W(0.5);
}

/// atan on [0, 1]; the rational approximation on [-0.66, 0.66] is that of Cephes (atan.c).
template <class W>
GT_ARITHMETIC W atan_of_unit(W t) {
  const auto beyond = t > W(0.66);
  const W x = select(beyond, (t - W(1.0)) / (t + W(1.0)), t);
  const W z = x * x;
  const W p = polynomial(z, W(-8.750608600031904122785e-1), W(-1.615753718733365076637e1),
                         W(-7.500855792314704667340e1), W(-1.228866684490136173410e2),
                         W(-6.485021904942025371773e1));
  const W q = polynomial(z, W(1.0), W(2.485846490142306297962e1), W(1.650270098316988542046e2),
                         W(4.328810604912902668951e2), W(4.853903996359136964868e2),
                         W(1.945506571482613964425e2));
  const W value = fused_multiply_add(x * z, p / q, x);
  return select(beyond, value + W(kHalfPi / 2), value);
}
template <class W>
GT_ARITHMETIC W atan2(W y, W x) {
  const W a = absolute(y);
  const W b = absolute(x);
  const auto steep = a > b;
  W t = select(steep, b, a) / select(steep, a, b);
  t = select((a == W(0.0)) & (b == W(0.0)), W(0.0), t);
  t = select((a == infinity<W>()) & (b == infinity<W>()), W(1.0), t);
  W angle = atan_of_unit(t);
  angle = select(steep, W(kHalfPi) - angle, angle);
  angle = select(copy_sign(W(1.0), x) < W(0.0), W(2 * kHalfPi) - angle, angle);
  return copy_sign(angle, y);
}
template <class W>
GT_ARITHMETIC W atan(W x) {
  return atan2(x, W(1.0));
}
template <class W>
GT_ARITHMETIC W asin(W x) {
  return atan2(x, square_root((W(1.0) - x) * (W(1.0) + x)));
}
template <class W>
GT_ARITHMETIC W acos(W x) {
  return atan2(square_root((W(1.0) - x) * (W(1.0) + x)), x);
}

/// C's pow, limits included.
template <class W>
GT_ARITHMETIC W pow(W x, W y) {
  const W a = absolute(x);
  const W product = y * log(a);
  const auto is_one = (a == W(1.0)) & (y == y);
  const W magnitude = select(is_one | (y == W(0.0)) | (x == W(1.0)), W(1.0), exp(product));
  const W half = y * W(0.5);
  const auto whole = round_to_zero(y) == y;
  const auto odd = whole & (round_to_zero(half) != half);
  const auto negative = copy_sign(W(1.0), x) < W(0.0);
  const W value = select(negative & odd, -magnitude, magnitude);
  const auto undefined = (x < W(0.0)) & logical_not_of(whole) & (a < infinity<W>());
  return select(undefined, not_a_number<W>(), value);
}

}  // namespace wide
}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic

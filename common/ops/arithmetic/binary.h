// Arithmetic of the point-wise rows with two operands.
#pragma once

#include "common/ops/arithmetic/functions.h"

namespace gt::arithmetic {
inline namespace GT_KERNEL_TARGET {

struct add {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other, T alpha) {
    return fused_multiply_add(alpha, other, self);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other, T alpha) {
    return wrapping_add(self, wrapping_multiply(alpha, other));
  }
};
struct sub {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other, T alpha) {
    return fused_multiply_add(-alpha, other, self);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other, T alpha) {
    return wrapping_subtract(self, wrapping_multiply(alpha, other));
  }
};
struct mul {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return self * other;
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return wrapping_multiply(self, other);
  }
};
struct div {
  static constexpr bool kDivides = true;
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return self / other;
  }
};

/// Integer quotient towards zero for any divisor but 0, which the engine refuses beforehand.
template <IntegerValue T>
GT_ARITHMETIC T safe_quotient(T a, T b) {
  const auto special = (b == T(0)) | (b == T(-1));
  return select(special, wrapping_subtract(T(0), a), quotient(a, select(special, T(1), b)));
}
template <IntegerValue T>
GT_ARITHMETIC T safe_remainder(T a, T b) {
  return wrapping_subtract(a, wrapping_multiply(safe_quotient(a, b), b));
}

struct div_floor {
  static constexpr bool kRefusesZeroDivisor = true;
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    const T rest = exact_remainder(self, other);
    const T ratio = (self - rest) / other;
    const auto below = (rest != T(0)) & ((other < T(0)) != (rest < T(0)));
    const T exact = select(below, ratio - T(1), ratio);
    const T down = round_down(exact);
    const T nearest = select(exact - down > T(0.5), down + T(1), down);
    const T quotient_ = self / other;
    const T value = select(exact != T(0), nearest, copy_sign(T(0), quotient_));
    return select(other == T(0), quotient_, value);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    const T down = safe_quotient(self, other);
    const T rest = safe_remainder(self, other);
    const auto below = (rest != T(0)) & ((rest < T(0)) != (other < T(0)));
    return select(below, wrapping_subtract(down, T(1)), down);
  }
};
struct div_trunc {
  static constexpr bool kRefusesZeroDivisor = true;
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return round_to_zero(self / other);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return safe_quotient(self, other);
  }
};
struct remainder {
  static constexpr bool kRefusesZeroDivisor = true;
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    const T rest = exact_remainder(self, other);
    return select((rest != T(0)) & ((other < T(0)) != (rest < T(0))), rest + other, rest);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    const T rest = safe_remainder(self, other);
    return select((rest != T(0)) & ((other < T(0)) != (rest < T(0))), wrapping_add(rest, other),
                  rest);
  }
};
struct fmod {
  static constexpr bool kRefusesZeroDivisor = true;
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return exact_remainder(self, other);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return safe_remainder(self, other);
  }
};
struct pow {
  /// Squares are products.
  static constexpr Moderate kModerate{1, 2.0, 2.0};
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T exponent) {
    return select(exponent == T(2.0), self * self, functions::pow(self, exponent));
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T self, T) {
    return self * self;
  }
  /// Negative exponents give 1 and -1 for those bases, else 0, as in LibTorch.
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T exponent) {
    T result = T(1);
    T square = self;
    for (int bit = 0; bit < 63; ++bit) {
      const auto set = ((exponent >> T(bit)) & T(1)) != T(0);
      result = select(set, wrapping_multiply(result, square), result);
      square = wrapping_multiply(square, square);
    }
    const auto odd = (exponent & T(1)) != T(0);
    const T inverse =
        select(self == T(1), T(1), select(self == T(-1), select(odd, T(-1), T(1)), T(0)));
    return select(exponent < T(0), inverse, result);
  }
};
struct maximum {
  template <class T>
  GT_ARITHMETIC T apply(T self, T other) {
    return larger(self, other);
  }
};
struct minimum {
  template <class T>
  GT_ARITHMETIC T apply(T self, T other) {
    return smaller(self, other);
  }
};
struct atan2 {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return functions::atan2(self, other);
  }
};
struct bitwise_and {
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return self & other;
  }
};
struct bitwise_or {
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return self | other;
  }
};
struct bitwise_xor {
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T other) {
    return self ^ other;
  }
};

}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic

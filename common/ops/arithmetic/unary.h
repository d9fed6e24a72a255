// Arithmetic of the point-wise rows with one operand.
#pragma once

#include "common/ops/arithmetic/binary.h"
#include "common/ops/arithmetic/functions.h"

namespace gt::arithmetic {
inline namespace GT_KERNEL_TARGET {

struct exp {
  static constexpr Moderate kModerate{0, functions::kModerate};
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::exp(self);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T self) {
    return functions::exp_of_moderate(self);
  }
};
struct expm1 {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::expm1(self);
  }
};
struct log {
  static constexpr Moderate kModerate = functions::kNormal;
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::log(self);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T self) {
    return functions::log_of_normal(self);
  }
};
struct log1p {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::log1p(self);
  }
};
struct log2 {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::log2(self);
  }
};
struct log10 {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::log10(self);
  }
};
struct sin {
  static constexpr Moderate kModerate{0, functions::kModerateAngle};
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::sin(self);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T self) {
    return functions::sin_of_moderate(self);
  }
};
struct cos {
  static constexpr Moderate kModerate{0, functions::kModerateAngle};
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::cos(self);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T self) {
    return functions::cos_of_moderate(self);
  }
};
struct tan {
  static constexpr Moderate kModerate{0, functions::kModerateTangent};
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::tan(self);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T self) {
    return functions::tan_of_moderate(self);
  }
};
struct tanh {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::tanh(self);
  }
};
struct sinh {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::sinh(self);
  }
};
struct cosh {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::cosh(self);
  }
};
struct asin {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::asin(self);
  }
};
struct acos {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::acos(self);
  }
};
struct atan {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::atan(self);
  }
};
struct erf {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::erf(self);
  }
};
struct sigmoid {
  static constexpr Moderate kModerate{0, functions::kModerate};
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return functions::sigmoid(self);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T self) {
    return functions::sigmoid_of_moderate(self);
  }
};
struct floor {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return round_down(self);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self) {
    return self;
  }
};
struct ceil {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return round_up(self);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self) {
    return self;
  }
};
struct round {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return round_to_even(self);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self) {
    return self;
  }
};
struct trunc {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return round_to_zero(self);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self) {
    return self;
  }
};
struct frac {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return self - round_to_zero(self);
  }
};
struct neg {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return -self;
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self) {
    return wrapping_subtract(T(0), self);
  }
};
struct abs {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return absolute(self);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self) {
    return select(self < T(0), wrapping_subtract(T(0), self), self);
  }
};
struct sign {
  template <class T>
  GT_ARITHMETIC T apply(T self) {
    return select(self > T(0), T(1), select(self < T(0), T(-1), T(0)));
  }
};
struct sqrt {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return square_root(self);
  }
};
struct rsqrt {
  static constexpr bool kDivides = true;
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return T(1) / square_root(self);
  }
};
struct reciprocal {
  static constexpr bool kDivides = true;
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return T(1) / self;
  }
};
struct square {
  template <class T>
  GT_ARITHMETIC T apply(T self) {
    return mul::apply(self, self);
  }
};
/// Of integers; bool operands take logical_not.
struct bitwise_not {
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self) {
    return wrapping_subtract(T(-1), self);
  }
};
/// Casts: the value itself; whoever stores it converts.
struct to {
  template <class T>
  GT_ARITHMETIC T apply(T self, std::int64_t /*dtype*/) {
    return self;
  }
};
struct clone {
  template <class T>
  GT_ARITHMETIC T apply(T self) {
    return self;
  }
};
struct nan_to_num {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T nan, T posinf, T neginf) {
    T value = select(self != self, nan, self);
    value = select(self == infinity<T>(), posinf, value);
    return select(self == -infinity<T>(), neginf, value);
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T, T, T) {
    return self;
  }
};

}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic

// Arithmetic of the point-wise rows with three operands.
#pragma once

#include "common/ops/arithmetic/functions.h"

namespace gt::arithmetic {
inline namespace GT_KERNEL_TARGET {

struct where {
  template <class T>
  GT_ARITHMETIC T apply(T condition, T self, T other) {
    return select(condition != T(0), self, other);
  }
};
struct masked_fill {
  template <class T>
  GT_ARITHMETIC T apply(T self, T mask, T value) {
    return select(mask != T(0), value, self);
  }
};
struct clamp {
  /// What stands for an absent bound.
  template <FloatingValue T>
  GT_ARITHMETIC T absent(int operand) {
    return operand == 1 ? -infinity<T>() : infinity<T>();
  }
  template <IntegerValue T>
  GT_ARITHMETIC T absent(int operand) {
    return operand == 1 ? T(std::numeric_limits<std::int64_t>::min())
                        : T(std::numeric_limits<std::int64_t>::max());
  }
  template <class T>
  GT_ARITHMETIC T apply(T self, T min, T max) {
    return smaller(larger(self, min), max);
  }
};
struct lerp {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T end, T weight) {
    const auto small = absolute(weight) < T(0.5);
    return fused_multiply_add(select(small, weight, weight - T(1)), end - self,
                              select(small, self, end));
  }
};
struct addcmul {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T tensor1, T tensor2, T value) {
    return self + value * tensor1 * tensor2;
  }
  template <IntegerValue T>
  GT_ARITHMETIC T apply(T self, T tensor1, T tensor2, T value) {
    return wrapping_add(self, wrapping_multiply(wrapping_multiply(value, tensor1), tensor2));
  }
};
struct addcdiv {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T tensor1, T tensor2, T value) {
    return self + value * tensor1 / tensor2;
  }
};

}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic

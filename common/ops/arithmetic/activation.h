// Arithmetic of the activation functions and their gradients (formulas of LibTorch's
// Activation.cpp).
#pragma once

#include "common/ops/arithmetic/functions.h"

namespace gt::arithmetic {
inline namespace GT_KERNEL_TARGET {

struct relu {
  template <class T>
  GT_ARITHMETIC T apply(T self) {
    return select(self < T(0), T(0), self);
  }
};
struct threshold_backward {
  template <class T>
  GT_ARITHMETIC T apply(T grad_output, T self, T threshold) {
    return select(self <= threshold, T(0), grad_output);
  }
};
struct sigmoid_backward {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T grad_output, T output) {
    return grad_output * (T(1) - output) * output;
  }
};
struct tanh_backward {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T grad_output, T output) {
    return grad_output * (T(1) - output * output);
  }
};
struct silu {
  static constexpr Moderate kModerate{0, functions::kModerate};
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self) {
    return self / (T(1) + functions::exp(-self));
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T self) {
    return self / (T(1) + functions::exp_of_moderate(-self));
  }
};
struct silu_backward {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T grad_output, T self) {
    const T s = functions::sigmoid(self);
    return grad_output * s * (T(1) + self * (T(1) - s));
  }
};

inline constexpr double kSqrtTwoOverPi = 0.79788456080286536;
inline constexpr double kInverseSqrtTwoPi = 0.39894228040143268;
inline constexpr double kGeluCubic = 0.044715;

/// approximate: 0 by erf, 1 by tanh.
struct gelu {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, std::int64_t approximate) {
    if (approximate == 0) return self * functions::normal_distribution(self);
    const T inner = T(kSqrtTwoOverPi) * (self + T(kGeluCubic) * self * self * self);
    return T(0.5) * self * (T(1) + functions::tanh(inner));
  }
};
struct gelu_backward {
  static constexpr Moderate kModerate{1, 13.0};
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T grad_output, T self, std::int64_t approximate) {
    if (approximate == 0) return by_erf(grad_output, self, functions::exp(T(-0.5) * self * self));
    return by_tanh(grad_output, self);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T apply_moderate(T grad_output, T self, std::int64_t approximate) {
    if (approximate == 0)
      return by_erf(grad_output, self, functions::exp_of_moderate(T(-0.5) * self * self));
    return by_tanh(grad_output, self);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T by_erf(T grad_output, T self, T bell) {
    const T cdf = functions::normal_distribution(self);
    const T pdf = bell * T(kInverseSqrtTwoPi);
    return grad_output * (cdf + self * pdf);
  }
  template <FloatingValue T>
  GT_ARITHMETIC T by_tanh(T grad_output, T self) {
    const T square = self * self;
    const T inner = T(kSqrtTwoOverPi) * (self + T(kGeluCubic) * square * self);
    const T t = functions::tanh(inner);
    const T slope = T(kSqrtTwoOverPi) * (T(1) + T(3 * kGeluCubic) * square);
    const T left = T(0.5) * (T(1) + t);
    const T right = T(0.5) * self * (T(1) - t * t) * slope;
    return grad_output * (left + right);
  }
};
struct leaky_relu {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T negative_slope) {
    return select(self > T(0), self, self * negative_slope);
  }
};
struct leaky_relu_backward {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T grad_output, T self, T negative_slope) {
    return select(self > T(0), grad_output, grad_output * negative_slope);
  }
};
struct elu {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T alpha, T scale, T input_scale) {
    const T negative = functions::expm1(self * input_scale) * (alpha * scale);
    return select(self < T(0), negative, self * scale);
  }
};
/// self_or_result is the operand of the forward row.
struct elu_backward {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T grad_output, T self_or_result, T alpha, T scale, T input_scale) {
    const T negative =
        grad_output * input_scale * (alpha * scale) * functions::exp(self_or_result * input_scale);
    return select(self_or_result <= T(0), negative, grad_output * scale);
  }
};
struct softplus {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T self, T beta, T threshold) {
    const T scaled = self * beta;
    return select(scaled > threshold, self, functions::log1p(functions::exp(scaled)) / beta);
  }
};
struct softplus_backward {
  template <FloatingValue T>
  GT_ARITHMETIC T apply(T grad_output, T self, T beta, T threshold) {
    const T scaled = self * beta;
    const T z = functions::exp(scaled);
    return select(scaled > threshold, grad_output, grad_output * z / (z + T(1)));
  }
};

}  // namespace GT_KERNEL_TARGET
}  // namespace gt::arithmetic

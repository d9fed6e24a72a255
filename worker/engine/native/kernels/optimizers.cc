#include "common/ops/arithmetic/arithmetic.h"
#include "worker/engine/native/kernels/fill.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

namespace math = arithmetic::GT_KERNEL_TARGET;

/// The arithmetic of the rows that the step would be composed of, so that the bits are the same.
template <class T>
void adam(void* parameter, void* first_moment, void* second_moment, const void* gradient,
          const AdamStep& step, std::int64_t n) {
  T* p = static_cast<T*>(parameter);
  T* m = static_cast<T*>(first_moment);
  T* v = static_cast<T*>(second_moment);
  const T* grad = static_cast<const T*>(gradient);
  const T shrink = static_cast<T>(step.shrink), decay = static_cast<T>(step.decay);
  const T beta1 = static_cast<T>(step.beta1), rest1 = static_cast<T>(1 - step.beta1);
  const T beta2 = static_cast<T>(step.beta2), rest2 = static_cast<T>(1 - step.beta2);
  const T root = static_cast<T>(step.root), eps = static_cast<T>(step.eps);
  const T slope = static_cast<T>(step.slope);
  const bool decays = step.decay != 0;
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = decays ? math::fused_multiply_add(decay, p[i], grad[i]) : grad[i];
    const T mean = math::fused_multiply_add(rest1, g, m[i] * beta1);
    const T square = v[i] * beta2 + rest2 * g * g;
    const T denominator = math::square_root(square) / root + eps;
    p[i] = p[i] * shrink + slope * mean / denominator;
    m[i] = mean;
    v[i] = square;
  }
}

}  // namespace

void fill_optimizers(KernelTable& table) {
  table.adam[static_cast<int>(ComputeType::kFloat)] = &adam<float>;
  table.adam[static_cast<int>(ComputeType::kDouble)] = &adam<double>;
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

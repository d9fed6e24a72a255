#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/reduction_tree.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

template <class T>
void measure(const void* in, void* mean, void* variance, std::int64_t rows, std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  const T count = static_cast<T>(n);
  for (std::int64_t r = 0; r < rows; ++r, x += n) {
    const T average = fold<Sum<T>, T>(x, n) / count;
    static_cast<T*>(mean)[r] = average;
    static_cast<T*>(variance)[r] = sum_of_squared_deviations(x, average, n) / count;
  }
}

template <class T>
void normalise(const void* in, const void* mean, const void* scale, const void* shift, void* out,
               std::int64_t rows, std::int64_t channels, std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const std::int64_t c = r % channels;
    const T average = static_cast<const T*>(mean)[c];
    const T factor = static_cast<const T*>(scale)[c];
    const T offset = static_cast<const T*>(shift)[c];
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - average) * factor + offset;
  }
}

template <class T>
void project(const void* grad, const void* in, const void* mean, void* projections, void* sums,
             std::int64_t rows, std::int64_t channels, std::int64_t n) {
  const T* g = static_cast<const T*>(grad);
  const T* x = static_cast<const T*>(in);
  for (std::int64_t r = 0; r < rows; ++r, g += n, x += n) {
    const T average = static_cast<const T*>(mean)[r % channels];
    const auto products = [g, x, average]<class V>(std::int64_t i) {
      return read<V>(g + i) * (read<V>(x + i) - average);
    };
    static_cast<T*>(projections)[r] = fold<Sum<T>, T>(products, n);
    static_cast<T*>(sums)[r] = fold<Sum<T>, T>(g, n);
  }
}

template <class T>
void gradient(const void* grad, const void* in, const void* mean, const void* level,
              const void* slope, const void* scale, void* out, std::int64_t rows,
              std::int64_t channels, std::int64_t n) {
  const T* g = static_cast<const T*>(grad);
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, g += n, x += n, y += n) {
    const std::int64_t c = r % channels;
    const T average = static_cast<const T*>(mean)[c];
    const T base = static_cast<const T*>(level)[c];
    const T tilt = static_cast<const T*>(slope)[c];
    const T factor = static_cast<const T*>(scale)[c];
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) y[i] = (g[i] - base - (x[i] - average) * tilt) * factor;
  }
}

template <class T>
BatchNormKernels batch_norm_kernels() {
  return {&measure<T>, &normalise<T>, &project<T>, &gradient<T>};
}

}  // namespace

void fill_batch_norm(KernelTable& table) {
  table.batch_norm[static_cast<int>(ComputeType::kFloat)] = batch_norm_kernels<float>();
  table.batch_norm[static_cast<int>(ComputeType::kDouble)] = batch_norm_kernels<double>();
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

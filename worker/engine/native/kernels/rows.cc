#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/reduction_tree.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

template <class T>
T row_sum(const T* x, std::int64_t n) {
  return fold<Sum<T>>(x, n, T(0));
}

/// What is subtracted before exp: the largest element, 0 where that is infinite.
template <class T>
T finite_maximum(const T* x, std::int64_t n) {
  const T largest = fold<Maximum<T>>(x, n, T(0));
  return math::select(math::absolute(largest) == math::infinity<T>(), T(0), largest);
}

template <class T>
void softmax_row(const T* x, T* y, std::int64_t n) {
  const T largest = fold<Maximum<T>>(x, n, T(0));
  for (std::int64_t i = 0; i < n; ++i) y[i] = math::functions::exp(x[i] - largest);
  const T total = row_sum(y, n);
  for (std::int64_t i = 0; i < n; ++i) y[i] = y[i] / total;
}

template <class T>
void log_softmax_row(const T* x, T* y, std::int64_t n) {
  const T largest = fold<Maximum<T>>(x, n, T(0));
  const T log_total = math::functions::log(fold<ExpSum<T>>(x, n, largest));
  for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] - largest - log_total;
}

template <class T>
void softmax(const void* in, void* out, std::int64_t rows, std::int64_t n, bool logarithm) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n)
    logarithm ? log_softmax_row(x, y, n) : softmax_row(x, y, n);
}

template <class T>
void softmax_backward(const void* grad, const void* output, void* out, std::int64_t rows,
                      std::int64_t n, bool logarithm) {
  const T* g = static_cast<const T*>(grad);
  const T* y = static_cast<const T*>(output);
  T* d = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, g += n, y += n, d += n) {
    if (logarithm) {
      const T total = row_sum(g, n);
      for (std::int64_t i = 0; i < n; ++i) d[i] = g[i] - math::functions::exp(y[i]) * total;
    } else {
      for (std::int64_t i = 0; i < n; ++i) d[i] = g[i] * y[i];
      const T total = row_sum(d, n);
      for (std::int64_t i = 0; i < n; ++i) d[i] = (g[i] - total) * y[i];
    }
  }
}

template <class T>
void logsumexp(const void* in, void* out, std::int64_t rows, std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, x += n) {
    const T largest = finite_maximum(x, n);
    y[r] = math::functions::log(fold<ExpSum<T>>(x, n, largest)) + largest;
  }
}

template <class T>
void layer_norm(const void* in, const void* weight, const void* bias, void* out, void* mean,
                void* rstd, std::int64_t rows, std::int64_t n, double eps) {
  const T* x = static_cast<const T*>(in);
  const T* w = static_cast<const T*>(weight);
  const T* b = static_cast<const T*>(bias);
  T* y = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const T average = row_sum(x, n) / static_cast<T>(n);
    const T variance = fold<SquaredDeviation<T>>(x, n, average) / static_cast<T>(n);
    const T scale = T(1) / math::square_root(variance + static_cast<T>(eps));
    for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - average) * scale;
    if (w != nullptr)
      for (std::int64_t i = 0; i < n; ++i) y[i] = y[i] * w[i];
    if (b != nullptr)
      for (std::int64_t i = 0; i < n; ++i) y[i] = y[i] + b[i];
    static_cast<T*>(mean)[r] = average;
    static_cast<T*>(rstd)[r] = scale;
  }
}

template <class T>
void layer_norm_backward(const void* grad, const void* in, const void* mean, const void* rstd,
                         const void* weight, void* grad_in, void* grad_times_normalised,
                         std::int64_t rows, std::int64_t n) {
  const T* g = static_cast<const T*>(grad);
  const T* x = static_cast<const T*>(in);
  const T* w = static_cast<const T*>(weight);
  T* d = static_cast<T*>(grad_in);
  T* product = static_cast<T*>(grad_times_normalised);
  for (std::int64_t r = 0; r < rows; ++r, g += n, x += n, d += n, product += n) {
    const T average = static_cast<const T*>(mean)[r];
    const T scale = static_cast<const T*>(rstd)[r];
    for (std::int64_t i = 0; i < n; ++i) {
      const T weighted = w != nullptr ? g[i] * w[i] : g[i];
      d[i] = weighted * ((x[i] - average) * scale);
    }
    const T projection = row_sum(d, n) / static_cast<T>(n);
    for (std::int64_t i = 0; i < n; ++i) d[i] = w != nullptr ? g[i] * w[i] : g[i];
    const T level = row_sum(d, n) / static_cast<T>(n);
    for (std::int64_t i = 0; i < n; ++i) {
      const T normalised = (x[i] - average) * scale;
      product[i] = g[i] * normalised;
      d[i] = (d[i] - level - normalised * projection) * scale;
    }
  }
}

template <class T>
RowKernels row_kernels() {
  return {&softmax<T>, &softmax_backward<T>, &logsumexp<T>, &layer_norm<T>,
          &layer_norm_backward<T>};
}

}  // namespace

void fill_rows(KernelTable& table) {
  table.rows[static_cast<int>(ComputeType::kFloat)] = row_kernels<float>();
  table.rows[static_cast<int>(ComputeType::kDouble)] = row_kernels<double>();
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

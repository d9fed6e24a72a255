#include "worker/engine/native/kernels/exponentials.h"
#include "worker/engine/native/kernels/fill.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// What is subtracted before exp: the largest element, 0 where that is infinite.
template <class T>
T finite_maximum(const T* x, std::int64_t n) {
  const T largest = fold<Maximum<T>>(x, n);
  return math::select(math::absolute(largest) == math::infinity<T>(), T(0), largest);
}

template <class T>
void softmax_row(const T* x, T* y, std::int64_t n) {
  exp_run(x, fold<Maximum<T>>(x, n), y, n);
  const T factor = T(1) / fold<Sum<T>>(y, n);
  for (std::int64_t i = 0; i < n; ++i) y[i] = y[i] * factor;
}

/// Rows whose logarithms are taken together; `n` elements a row stay in the cache.
constexpr std::int64_t kRowGroup = 64;
inline std::int64_t row_group(std::int64_t n) {
  const std::int64_t rows = n == 0 ? kRowGroup : 8192 / n;
  return rows < 1 ? 1 : rows < kRowGroup ? rows : kRowGroup;
}
template <class T>
void take_logarithms(T* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) values[i] = math::functions::log(values[i]);
}

template <class T>
void log_softmax(const T* x, T* y, std::int64_t rows, std::int64_t n) {
  T largest[kRowGroup];
  T totals[kRowGroup];
  const std::int64_t group = row_group(n);
  for (std::int64_t r = 0; r < rows; r += group, x += group * n, y += group * n) {
    const std::int64_t count = rows - r < group ? rows - r : group;
    for (std::int64_t k = 0; k < count; ++k) {
      largest[k] = fold<Maximum<T>>(x + k * n, n);
      totals[k] = sum_of_exponentials(x + k * n, largest[k], n);
    }
    take_logarithms(totals, count);
    for (std::int64_t k = 0; k < count; ++k)
#pragma GCC ivdep
      for (std::int64_t i = k * n; i < (k + 1) * n; ++i) y[i] = x[i] - largest[k] - totals[k];
  }
}

template <class T>
void softmax(const void* in, void* out, std::int64_t rows, std::int64_t n, bool logarithm) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  if (logarithm) return log_softmax(x, y, rows, n);
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) softmax_row(x, y, n);
}

template <class T>
void softmax_backward(const void* grad, const void* output, void* out, std::int64_t rows,
                      std::int64_t n, bool logarithm) {
  const T* g = static_cast<const T*>(grad);
  const T* y = static_cast<const T*>(output);
  T* d = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, g += n, y += n, d += n) {
    if (logarithm) {
      const T total = fold<Sum<T>>(g, n);
      exp_run(y, T(0), d, n);
#pragma GCC ivdep
      for (std::int64_t i = 0; i < n; ++i) d[i] = g[i] - d[i] * total;
    } else {
      const auto products = [g, y]<class V>(std::int64_t i) {
        return read<V>(g + i) * read<V>(y + i);
      };
      const T total = fold<Sum<T>, T>(products, n);
#pragma GCC ivdep
      for (std::int64_t i = 0; i < n; ++i) d[i] = (g[i] - total) * y[i];
    }
  }
}

template <class T>
void logsumexp(const void* in, void* out, std::int64_t rows, std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  T largest[kRowGroup];
  for (std::int64_t r = 0; r < rows; r += kRowGroup, y += kRowGroup) {
    const std::int64_t count = rows - r < kRowGroup ? rows - r : kRowGroup;
    for (std::int64_t k = 0; k < count; ++k, x += n) {
      largest[k] = finite_maximum(x, n);
      y[k] = sum_of_exponentials(x, largest[k], n);
    }
    take_logarithms(y, count);
    for (std::int64_t k = 0; k < count; ++k) y[k] = y[k] + largest[k];
  }
}

template <class T>
void cross_entropy_backward(const void* in, const void* logsumexps, const std::int64_t* targets,
                            const void* weights, const void* scales, void* out, std::int64_t rows,
                            std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  T* d = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, x += n, d += n) {
    const T weight = static_cast<const T*>(weights)[r];
    const T scale = static_cast<const T*>(scales)[r];
    exp_run(x, static_cast<const T*>(logsumexps)[r], d, n);
    const bool has_hit = targets[r] >= 0 && targets[r] < n;
    const T hit = has_hit ? scale * (d[targets[r]] * weight - weight) : T(0);
    for (std::int64_t i = 0; i < n; ++i) d[i] = scale * (d[i] * weight);
    if (has_hit) d[targets[r]] = hit;
  }
}

template <class T>
void fill_type(RowKernels& rows) {
  rows.softmax = &softmax<T>;
  rows.softmax_backward = &softmax_backward<T>;
  rows.logsumexp = &logsumexp<T>;
  rows.cross_entropy_backward = &cross_entropy_backward<T>;
}

}  // namespace

void fill_rows(KernelTable& table) {
  fill_type<float>(table.rows[static_cast<int>(ComputeType::kFloat)]);
  fill_type<double>(table.rows[static_cast<int>(ComputeType::kDouble)]);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

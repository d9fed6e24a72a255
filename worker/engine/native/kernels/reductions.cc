// Folds over rows.
#include "worker/engine/native/kernels/exponentials.h"
#include "worker/engine/native/kernels/fill.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

template <class F, class T>
void fold_rows(const void* in, const void*, void* out, std::int64_t rows, std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r) y[r] = fold<F>(x + r * n, n);
}
template <class F>
void fold_bfloat16_rows(const void* in, const void*, void* out, std::int64_t rows, std::int64_t n) {
  const auto* x = static_cast<const std::uint16_t*>(in);
  auto* y = static_cast<float*>(out);
  for (std::int64_t r = 0; r < rows; ++r) y[r] = fold<F, float>(BFloat16Elements{x + r * n}, n);
}

template <class T, T (*Fold)(const T* x, T parameter, std::int64_t n)>
void fold_rows_with(const void* in, const void* parameters, void* out, std::int64_t rows,
                    std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  for (std::int64_t r = 0; r < rows; ++r)
    static_cast<T*>(out)[r] = Fold(x + r * n, static_cast<const T*>(parameters)[r], n);
}

/// First of n elements that equals `value`, or is NaN as it is; there is one.
template <class T>
std::int64_t first_equal(const T* x, T value, std::int64_t n) {
  constexpr std::int64_t kStep = 64;
  const auto is_hit = [value](T element) {
    return (element == value) | ((element != element) & (value != value));
  };
  std::int64_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    int hits = 0;
    for (std::int64_t j = 0; j < kStep; ++j) hits |= is_hit(x[i + j]);
    if (hits != 0) break;
  }
  while (!is_hit(x[i])) ++i;
  return i;
}

/// The extremum of each block is folded; only the block that holds it is searched.
template <class F, class T>
void find_extremum(const void* in, std::int64_t* positions, std::int64_t rows, std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  for (std::int64_t r = 0; r < rows; ++r, x += n) {
    std::int64_t best_block = 0;
    T best = n == 0 ? T(0) : fold_block<F, T>(Plain<T>{x}, 0, n < kBlock ? n : kBlock);
    for (std::int64_t i = kBlock; i < n && best == best; i += kBlock) {
      const T value = fold_block<F, T>(Plain<T>{x}, i, n - i < kBlock ? n - i : kBlock);
      if (F::combine(best, value) == best) continue;
      best = value;
      best_block = i;
    }
    positions[r] = n == 0 ? 0 : best_block + first_equal(x + best_block, best, n - best_block);
  }
}

template <template <class> class F, class T>
void fill_fold(KernelTable& table, Fold kind, ComputeType type) {
  table.row_folds[static_cast<int>(kind)][static_cast<int>(type)] = &fold_rows<F<T>, T>;
  if constexpr (__is_same(T, float))
    table.bfloat16_row_folds[static_cast<int>(kind)] = &fold_bfloat16_rows<F<float>>;
}

template <class T>
void fill_type(KernelTable& table, ComputeType type) {
  const auto t = static_cast<int>(type);
  fill_fold<Sum, T>(table, Fold::kSum, type);
  fill_fold<Product, T>(table, Fold::kProduct, type);
  fill_fold<Maximum, T>(table, Fold::kMaximum, type);
  fill_fold<Minimum, T>(table, Fold::kMinimum, type);
  table.largest[t] = &find_extremum<Maximum<T>, T>;
  table.smallest[t] = &find_extremum<Minimum<T>, T>;
  if constexpr (math::is_floating_value<T>) {
    table.row_folds[static_cast<int>(Fold::kSquaredDeviation)][t] =
        &fold_rows_with<T, &sum_of_squared_deviations<T>>;
    table.row_folds[static_cast<int>(Fold::kExpSum)][t] =
        &fold_rows_with<T, &sum_of_exponentials<T>>;
  }
}

}  // namespace

void fill_reductions(KernelTable& table) {
  fill_type<float>(table, ComputeType::kFloat);
  fill_type<double>(table, ComputeType::kDouble);
  fill_type<std::int64_t>(table, ComputeType::kInteger);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

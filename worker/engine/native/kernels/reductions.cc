#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/reduction_tree.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

template <class F, class T>
void fold_rows(const void* in, const void* parameters, void* out, std::int64_t rows,
               std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  const T* p = static_cast<const T*>(parameters);
  T* y = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r) y[r] = fold<F>(x + r * n, n, p != nullptr ? p[r] : T(0));
}

/// Columns that are folded together; the tree of each is its own.
constexpr std::int64_t kStrip = 16;

template <class T>
void copy_strip(const T* from, std::int64_t width, T* to) {
  if (width == kStrip)
    for (std::int64_t j = 0; j < kStrip; ++j) to[j] = from[j];
  else
    for (std::int64_t j = 0; j < width; ++j) to[j] = from[j];
}

template <class F, class T>
void fold_strip_block(const T* x, std::int64_t n, std::int64_t stride, std::int64_t width,
                      T* result) {
  T lanes[kLanes][kStrip];
  const std::int64_t lane_total = lane_count(n);
  for (std::int64_t k = 0; k < n; ++k) {
    T* lane = lanes[k % kLanes];
    const T* row = x + k * stride;
    if (k < kLanes) {
      if (width < kStrip)
        for (std::int64_t j = 0; j < kStrip; ++j) lane[j] = F::identity();
      copy_strip(row, width, lane);
    } else if (width == kStrip) {
      for (std::int64_t j = 0; j < kStrip; ++j) lane[j] = F::combine(lane[j], row[j]);
    } else {
      for (std::int64_t j = 0; j < width; ++j) lane[j] = F::combine(lane[j], row[j]);
    }
  }
  for (std::int64_t k = n; k < lane_total; ++k)
    for (std::int64_t j = 0; j < kStrip; ++j) lanes[k][j] = F::identity();
  // Every lane below `lane_total` was set, which the analyzer does not see through lane_count.
  // NOLINTBEGIN(clang-analyzer-core.*)
  for (std::int64_t half = lane_total / 2; half > 0; half /= 2)
    for (std::int64_t k = 0; k < half; ++k)
      for (std::int64_t j = 0; j < kStrip; ++j)
        lanes[k][j] = F::combine(lanes[k][j], lanes[k + half][j]);
  for (std::int64_t j = 0; j < width; ++j) result[j] = lanes[0][j];
  // NOLINTEND(clang-analyzer-core.*)
}

template <class F, class T>
void fold_strip(const T* x, std::int64_t n, std::int64_t stride, std::int64_t width, T* y) {
  if (n <= kBlock) {
    fold_strip_block<F>(x, n, stride, width, y);
    for (std::int64_t j = 0; j < width; ++j) y[j] = F::finish(y[j]);
    return;
  }
  BlockCounter<F, T> blocks[kStrip];
  for (std::int64_t k = 0; k < n; k += kBlock) {
    T values[kStrip];
    fold_strip_block<F>(x + k * stride, n - k < kBlock ? n - k : kBlock, stride, width, values);
    for (std::int64_t j = 0; j < width; ++j) blocks[j].push(values[j]);
  }
  for (std::int64_t j = 0; j < width; ++j) y[j] = F::finish(blocks[j].total());
}

template <class F, class T>
void fold_columns(const void* in, void* out, std::int64_t outer, std::int64_t n,
                  std::int64_t inner) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t o = 0; o < outer; ++o, x += n * inner, y += inner)
    for (std::int64_t i = 0; i < inner; i += kStrip) {
      const std::int64_t width = inner - i < kStrip ? inner - i : kStrip;
      if (n == 0)
        for (std::int64_t j = 0; j < width; ++j) y[i + j] = F::finish(F::identity());
      else
        fold_strip<F>(x + i, n, inner, width, y + i);
    }
}

template <template <class> class F, class T>
void fill_fold(KernelTable& table, Fold kind, ComputeType type) {
  table.row_folds[static_cast<int>(kind)][static_cast<int>(type)] = &fold_rows<F<T>, T>;
  if (kind != Fold::kSquaredDeviation && kind != Fold::kExpSum)
    table.column_folds[static_cast<int>(kind)][static_cast<int>(type)] = &fold_columns<F<T>, T>;
}

template <class T>
void fill_type(KernelTable& table, ComputeType type) {
  fill_fold<Sum, T>(table, Fold::kSum, type);
  fill_fold<Product, T>(table, Fold::kProduct, type);
  fill_fold<Maximum, T>(table, Fold::kMaximum, type);
  fill_fold<Minimum, T>(table, Fold::kMinimum, type);
  if constexpr (math::is_floating_value<T>) {
    fill_fold<SquaredDeviation, T>(table, Fold::kSquaredDeviation, type);
    fill_fold<ExpSum, T>(table, Fold::kExpSum, type);
  }
}

}  // namespace

void fill_reductions(KernelTable& table) {
  fill_type<float>(table, ComputeType::kFloat);
  fill_type<double>(table, ComputeType::kDouble);
  fill_type<std::int64_t>(table, ComputeType::kInteger);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

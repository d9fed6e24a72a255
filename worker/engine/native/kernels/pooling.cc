#include <limits>

#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/vectors.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// What no element is below.
template <class T>
T lowest() {
  if constexpr (math::is_floating_value<T>)
    return -math::infinity<T>();
  else
    return std::numeric_limits<T>::min();
}

/// Pooled columns first to end - 1 whose tap falls on an element.
struct TapColumns {
  std::int64_t first;
  std::int64_t end;
};
TapColumns columns_of_tap(const PoolingTaps& taps, std::int64_t tap,
                          const PoolingExtents& extents) {
  const std::int64_t before = taps.padding - tap * taps.dilation;  // elements left of the plane
  const std::int64_t first = before > 0 ? (before + taps.stride - 1) / taps.stride : 0;
  const std::int64_t last = extents.width - 1 + before;
  const std::int64_t end = last < 0 ? 0 : last / taps.stride + 1;
  return {first, end < extents.pooled_width ? end : extents.pooled_width};
}

/// One row of results: the taps one after the other, each over all columns, without branches.
template <class T>
void max_pool_row(const T* plane, T* out, std::int64_t* positions, std::int64_t row,
                  const PoolingExtents& extents, const PoolingTaps& rows,
                  const PoolingTaps& columns) {
  for (std::int64_t j = 0; j < extents.pooled_width; ++j) {
    out[j] = lowest<T>();
    positions[j] = -1;
  }
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const std::int64_t y = row * rows.stride - rows.padding + i * rows.dilation;
    if (y < 0 || y >= extents.height) continue;
    for (std::int64_t k = 0; k < columns.count; ++k) {
      const TapColumns valid = columns_of_tap(columns, k, extents);
      const std::int64_t shift = y * extents.width + k * columns.dilation - columns.padding;
#pragma GCC ivdep
      for (std::int64_t j = valid.first; j < valid.end; ++j) {
        const std::int64_t at = shift + j * columns.stride;
        const T value = plane[at];
        const bool takes = (value > out[j]) | (value != value) | (positions[j] < 0);
        out[j] = takes ? value : out[j];
        positions[j] = takes ? at : positions[j];
      }
    }
  }
}

template <class T>
void max_pool(const void* in, void* out, std::int64_t* positions, const PoolingExtents& extents,
              const PoolingTaps& rows, const PoolingTaps& columns) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t plane = 0; plane < extents.planes; ++plane, x += extents.height * extents.width)
    for (std::int64_t row = 0; row < extents.pooled_height; ++row) {
      max_pool_row(x, y, positions, row, extents, rows, columns);
      y += extents.pooled_width;
      positions += extents.pooled_width;
    }
}

/// Sum of a rectangle, row by row.
template <class T>
T region_sum(const T* plane, std::int64_t width, const PoolingInterval& rows,
             const PoolingInterval& columns) {
  T total = T(0);
  for (std::int64_t y = rows.begin; y < rows.end; ++y)
    for (std::int64_t x = columns.begin; x < columns.end; ++x) total = total + plane[y * width + x];
  return total;
}

template <class T>
void means(const void* in, void* out, const PoolingExtents& extents,
           const PoolingRegions& regions) {
  const T* x = static_cast<const T*>(in);
  const T* divisors = static_cast<const T*>(regions.divisors);
  T* y = static_cast<T*>(out);
  for (std::int64_t plane = 0; plane < extents.planes; ++plane, x += extents.height * extents.width)
    for (std::int64_t i = 0; i < extents.pooled_height; ++i)
      for (std::int64_t j = 0; j < extents.pooled_width; ++j) {
        const bool is_empty = regions.rows[i].begin >= regions.rows[i].end ||
                              regions.columns[j].begin >= regions.columns[j].end;
        *y++ = is_empty ? T(0)
                        : region_sum(x, extents.width, regions.rows[i], regions.columns[j]) /
                              divisors[i * extents.pooled_width + j];
      }
}

template <class T>
void add_to_region(T* plane, std::int64_t width, const PoolingInterval& rows,
                   const PoolingInterval& columns, T share) {
  for (std::int64_t y = rows.begin; y < rows.end; ++y)
    for (std::int64_t x = columns.begin; x < columns.end; ++x)
      plane[y * width + x] = plane[y * width + x] + share;
}

template <class T>
void spread(const void* grad, void* out, const PoolingExtents& extents,
            const PoolingRegions& regions) {
  const T* g = static_cast<const T*>(grad);
  const T* divisors = static_cast<const T*>(regions.divisors);
  const std::int64_t size = extents.height * extents.width;
  T* y = static_cast<T*>(out);
  for (std::int64_t plane = 0; plane < extents.planes; ++plane, y += size) {
    for (std::int64_t k = 0; k < size; ++k) y[k] = T(0);
    for (std::int64_t i = 0; i < extents.pooled_height; ++i)
      for (std::int64_t j = 0; j < extents.pooled_width; ++j)
        add_to_region(y, extents.width, regions.rows[i], regions.columns[j],
                      *g++ / divisors[i * extents.pooled_width + j]);
  }
}

}  // namespace

void fill_pooling(KernelTable& table) {
  table.max_pool[static_cast<int>(ComputeType::kFloat)] = &max_pool<float>;
  table.max_pool[static_cast<int>(ComputeType::kDouble)] = &max_pool<double>;
  table.max_pool[static_cast<int>(ComputeType::kInteger)] = &max_pool<std::int64_t>;
  table.average_pool[static_cast<int>(ComputeType::kFloat)] = {&means<float>, &spread<float>};
  table.average_pool[static_cast<int>(ComputeType::kDouble)] = {&means<double>, &spread<double>};
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

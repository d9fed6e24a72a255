#include "worker/engine/native/kernels/fill.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

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

void fill_average_pooling(KernelTable& table) {
  table.average_pool[static_cast<int>(ComputeType::kFloat)] = {&means<float>, &spread<float>};
  table.average_pool[static_cast<int>(ComputeType::kDouble)] = {&means<double>, &spread<double>};
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

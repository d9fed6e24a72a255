#include <limits>
#include <type_traits>

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

/// One pooled element, tap by tap.
template <class T>
void pool_element(const T* plane, T* out, std::int64_t* position, std::int64_t row,
                  std::int64_t column, const PoolingExtents& extents, const PoolingTaps& rows,
                  const PoolingTaps& columns) {
  T largest = lowest<T>();
  std::int64_t at = -1;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const std::int64_t y = row * rows.stride - rows.padding + i * rows.dilation;
    if (y < 0 || y >= extents.height) continue;
    for (std::int64_t k = 0; k < columns.count; ++k) {
      const std::int64_t x = column * columns.stride - columns.padding + k * columns.dilation;
      if (x < 0 || x >= extents.width) continue;
      const T value = plane[y * extents.width + x];
      if (!((value > largest) | (value != value) | (at < 0))) continue;
      largest = value;
      at = y * extents.width + x;
    }
  }
  *out = largest;
  *position = at;
}

/// Integers as wide as T.
template <class T>
using PlaceOf = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// Elements 0, stride, 2 stride, ... of those at `from`.
template <int kStride, class T, int... K>
[[gnu::always_inline]] inline auto every(const T* from, std::integer_sequence<int, K...>) {
  using Values = Vector<T, static_cast<int>(sizeof...(K))>;
  const auto low = read<Values>(from);
  if constexpr (kStride == 1)
    return low;
  else
    return __builtin_shufflevector(low, read<Values>(from + sizeof...(K)), 2 * K...);
}

template <class Places, int... K>
[[gnu::always_inline]] inline void write_places(Places places, std::int64_t* to,
                                                std::integer_sequence<int, K...> half) {
  if constexpr (sizeof(Places) == 2 * sizeof...(K) * sizeof(std::int64_t)) {
    __builtin_memcpy(to, &places, sizeof places);
  } else {
    using Wide = Vector<std::int64_t, static_cast<int>(sizeof...(K))>;
    const Wide low = __builtin_convertvector(low_half(places, half), Wide);
    const Wide high = __builtin_convertvector(high_half(places, half), Wide);
    __builtin_memcpy(to, &low, sizeof low);
    __builtin_memcpy(to + sizeof...(K), &high, sizeof high);
  }
}

/// A vector of pooled elements from `column` on, none of whose taps lies left or right of the
/// plane, and some in it.
template <int kStride, class T, int... K>
[[gnu::always_inline]] inline void pool_vector(const T* plane, T* out, std::int64_t* positions,
                                               std::int64_t row, std::int64_t column,
                                               const PoolingExtents& extents,
                                               const PoolingTaps& rows, const PoolingTaps& columns,
                                               std::integer_sequence<int, K...> lanes) {
  constexpr auto kCount = static_cast<int>(sizeof...(K));
  using Places = Vector<PlaceOf<T>, kCount>;
  const Places distances = {kStride * K...};
  Vector<T, kCount> largest{};
  Places places{};
  bool is_first = true;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const std::int64_t y = row * rows.stride - rows.padding + i * rows.dilation;
    if (y < 0 || y >= extents.height) continue;
    std::int64_t at = y * extents.width + column * kStride - columns.padding;
    for (std::int64_t k = 0; k < columns.count; ++k, at += columns.dilation) {
      const auto values = every<kStride>(plane + at, lanes);
      const Places here = distances + static_cast<PlaceOf<T>>(at);
      if (is_first) {
        largest = values;
        places = here;
        is_first = false;
        continue;
      }
      const auto takes = (values > largest) | (values != values);
      largest = takes ? values : largest;
      places = takes ? here : places;
    }
  }
  __builtin_memcpy(out, &largest, sizeof largest);
  write_places(places, positions, std::make_integer_sequence<int, kCount / 2>{});
}

/// Pooled columns first to end - 1 whose taps are all columns of the plane.
struct WholeColumns {
  std::int64_t first;
  std::int64_t end;
};
WholeColumns whole_columns(const PoolingExtents& extents, const PoolingTaps& taps) {
  const std::int64_t first = (taps.padding + taps.stride - 1) / taps.stride;
  const std::int64_t room = extents.width - 1 - (taps.count - 1) * taps.dilation + taps.padding;
  const std::int64_t end = room < 0 ? 0 : room / taps.stride + 1;
  return {first < extents.pooled_width ? first : extents.pooled_width,
          end < extents.pooled_width ? end : extents.pooled_width};
}

/// The last row of the plane that a tap of pooled row `row` can fall on; -1 if none does.
std::int64_t last_row(const PoolingExtents& extents, const PoolingTaps& taps, std::int64_t row) {
  for (std::int64_t i = taps.count; i-- > 0;) {
    const std::int64_t y = row * taps.stride - taps.padding + i * taps.dilation;
    if (y >= 0 && y < extents.height) return y;
  }
  return -1;
}

/// Planes with windows that lie kStride columns apart; 0: any number, element by element.
template <class T, int kStride>
void max_pool_planes(const T* x, T* out, std::int64_t* positions, const PoolingExtents& extents,
                     const PoolingTaps& rows, const PoolingTaps& columns) {
  constexpr int kCount = kVectorLength<T>;
  const std::int64_t size = extents.height * extents.width;
  const std::int64_t pooled = extents.planes * extents.pooled_height * extents.pooled_width;
  const WholeColumns whole = whole_columns(extents, columns);
  const std::int64_t reach = (columns.count - 1) * columns.dilation - columns.padding;
  for (std::int64_t done = 0, r = 0; done < pooled; done += extents.pooled_width, ++r) {
    const std::int64_t plane = r / extents.pooled_height, row = r % extents.pooled_height;
    const T* const elements = x + plane * size;
    std::int64_t column = whole.first;
    if constexpr (kStride != 0) {
      const std::int64_t bottom = last_row(extents, rows, row);
      const std::int64_t left_to_read =
          (extents.planes - plane) * size - bottom * extents.width - reach;
      // The last vector may reach beyond the row: it reads what it does not need, and what it
      // writes there is written again.
      while (bottom >= 0 && column < whole.end && done + column + kCount <= pooled &&
             (column + kCount) * kStride <= left_to_read) {
        pool_vector<kStride>(elements, out + done + column, positions + done + column, row, column,
                             extents, rows, columns, std::make_integer_sequence<int, kCount>{});
        column += kCount;
      }
    }
    const auto pool_between = [&](std::int64_t first, std::int64_t end) {
      for (std::int64_t j = first; j < end; ++j)
        pool_element(elements, out + done + j, positions + done + j, row, j, extents, rows,
                     columns);
    };
    pool_between(0, whole.first);
    pool_between(column < whole.end ? column : whole.end, extents.pooled_width);
  }
}

template <class T>
void max_pool(const void* in, void* out, std::int64_t* positions, const PoolingExtents& extents,
              const PoolingTaps& rows, const PoolingTaps& columns) {
  constexpr std::int64_t kMostPlaces = std::numeric_limits<std::int32_t>::max();
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  const bool is_small = extents.height * extents.width <= kMostPlaces;
  if (columns.stride == 1 && is_small)
    max_pool_planes<T, 1>(x, y, positions, extents, rows, columns);
  else if (columns.stride == 2 && is_small)
    max_pool_planes<T, 2>(x, y, positions, extents, rows, columns);
  else
    max_pool_planes<T, 0>(x, y, positions, extents, rows, columns);
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

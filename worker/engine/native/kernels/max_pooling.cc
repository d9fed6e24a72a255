#include <algorithm>
#include <limits>

#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/pooling.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

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

/// The taps of a window that lie in its plane: how many rows and columns of them, and how far apart
/// in the plane.
struct WindowTaps {
  std::int64_t rows;
  std::int64_t row_step;
  std::int64_t columns;
  std::int64_t column_step;
};

/// A vector of pooled elements with as many taps each, the first one's at `at` and after.
template <int kStride, class T, int... K>
[[gnu::always_inline]] inline void pool_vector(const T* plane, T* out, std::int64_t* positions,
                                               std::int64_t at, const WindowTaps& taps,
                                               std::integer_sequence<int, K...> lanes) {
  constexpr auto kCount = static_cast<int>(sizeof...(K));
  using Places = Vector<PlaceOf<T>, kCount>;
  const Places distances = {kStride * K...};
  auto largest = every<kStride>(plane + at, lanes);
  Places places = distances + static_cast<PlaceOf<T>>(at);
  for (std::int64_t i = 0; i < taps.rows; ++i, at += taps.row_step)
    for (std::int64_t k = i == 0 ? 1 : 0; k < taps.columns; ++k) {
      const std::int64_t tap = at + k * taps.column_step;
      const auto values = every<kStride>(plane + tap, lanes);
      const Places here = distances + static_cast<PlaceOf<T>>(tap);
      const auto takes = (values > largest) | (values != values);
      largest = takes ? values : largest;
      places = takes ? here : places;
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

/// The taps of pooled row `row` that fall on rows of the plane: how many, and on which first.
struct RowTaps {
  std::int64_t first = 0;
  std::int64_t count = 0;
};
RowTaps row_taps(const PoolingExtents& extents, const PoolingTaps& taps, std::int64_t row) {
  const std::int64_t top = row * taps.stride - taps.padding;
  if (top >= 0 && top + (taps.count - 1) * taps.dilation < extents.height) return {top, taps.count};
  RowTaps inside;
  for (std::int64_t i = 0; i < taps.count; ++i) {
    const std::int64_t y = top + i * taps.dilation;
    if (y < 0 || y >= extents.height) continue;
    if (inside.count++ == 0) inside.first = y;
  }
  return inside;
}

/// A row of pooled elements with windows that lie kStride columns apart, those in `whole` by
/// vectors while there is room for them: `left` elements from the plane's first on, `room` results
/// from the row's first on. The last vector may reach beyond the row: it reads what it does not
/// need, and what it writes there is written again. The first column that is left to compute.
template <class T, int kStride>
std::int64_t pool_whole_columns(const T* plane, T* out, std::int64_t* positions,
                                const PoolingExtents& extents, const RowTaps& row,
                                const PoolingTaps& rows, const PoolingTaps& columns,
                                const WholeColumns& whole, std::int64_t left, std::int64_t room) {
  constexpr int kCount = kVectorLength<T>;
  constexpr auto kLanes = std::make_integer_sequence<int, kCount>{};
  const WindowTaps taps{row.count, rows.dilation * extents.width, columns.count, columns.dilation};
  const std::int64_t first = row.first * extents.width - columns.padding;
  const std::int64_t last_tap =
      first + (taps.rows - 1) * taps.row_step + (taps.columns - 1) * taps.column_step;
  const bool is_two_by_two =
      taps.rows == 2 && taps.columns == 2 && rows.dilation == 1 && columns.dilation == 1;
  std::int64_t column = whole.first;
  for (; column < whole.end && column + kCount <= room &&
         last_tap + (column + kCount) * kStride <= left;
       column += kCount) {
    const std::int64_t at = first + column * kStride;
    if (is_two_by_two)
      pool_vector<kStride>(plane, out + column, positions + column, at, {2, extents.width, 2, 1},
                           kLanes);
    else
      pool_vector<kStride>(plane, out + column, positions + column, at, taps, kLanes);
  }
  return column < whole.end ? column : whole.end;
}

/// Planes with windows that lie kStride columns apart; 0: any number, element by element.
template <class T, int kStride>
void max_pool_planes(const T* x, T* out, std::int64_t* positions, const PoolingExtents& extents,
                     const PoolingTaps& rows, const PoolingTaps& columns) {
  const WholeColumns whole = whole_columns(extents, columns);
  const std::int64_t size = extents.height * extents.width;
  std::int64_t left = extents.planes * size;
  std::int64_t room = extents.planes * extents.pooled_height * extents.pooled_width;
  for (std::int64_t plane = 0; plane < extents.planes; ++plane, x += size, left -= size)
    for (std::int64_t row = 0; row < extents.pooled_height; ++row) {
      std::int64_t column = whole.first;
      if constexpr (kStride != 0) {
        const RowTaps taps = row_taps(extents, rows, row);
        if (taps.count > 0)
          column = pool_whole_columns<T, kStride>(x, out, positions, extents, taps, rows, columns,
                                                  whole, left, room);
      }
      const auto pool_between = [&](std::int64_t first, std::int64_t end) {
        for (std::int64_t j = first; j < end; ++j)
          pool_element(x, out + j, positions + j, row, j, extents, rows, columns);
      };
      pool_between(0, whole.first);
      pool_between(column, extents.pooled_width);
      out += extents.pooled_width;
      positions += extents.pooled_width;
      room -= extents.pooled_width;
    }
}

template <class T>
void max_pool(const void* in, void* out, std::int64_t* positions, const PoolingExtents& extents,
              const PoolingTaps& rows, const PoolingTaps& columns) {
  constexpr std::int64_t kMostPlaces = std::numeric_limits<std::int32_t>::max();
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  const bool is_small = extents.height * extents.width <= kMostPlaces;
  const auto is_two = [](const PoolingTaps& taps) {
    return taps.count == 2 && taps.stride == 2 && taps.padding == 0 && taps.dilation == 1;
  };
  if constexpr (sizeof(T) == sizeof(float))
    if (is_two(rows) && is_two(columns) && is_small)
      return max_pool_squares<T>(x, y, positions, extents, rows, columns);
  if (columns.stride == 1 && is_small)
    max_pool_planes<T, 1>(x, y, positions, extents, rows, columns);
  else if (columns.stride == 2 && is_small)
    max_pool_planes<T, 2>(x, y, positions, extents, rows, columns);
  else
    max_pool_planes<T, 0>(x, y, positions, extents, rows, columns);
}

/// Adds each gradient to the element of the plane that its position names; -1 names none. The first
/// one whose position lies outside of the plane, or -1.
template <class T>
std::int64_t send_each(const T* grad, const std::int64_t* positions, std::int64_t pooled, T* plane,
                       std::int64_t size) {
  for (std::int64_t k = 0; k < size; ++k) plane[k] = T(0);
  for (std::int64_t j = 0; j < pooled; ++j) {
    const std::int64_t at = positions[j];
    if (at == -1) continue;
    if (at < 0 || at >= size) return j;
    plane[at] = plane[at] + grad[j];
  }
  return -1;
}

template <class T>
std::int64_t max_pool_gradient(const void* grad, const std::int64_t* positions, void* out,
                               const PoolingExtents& extents) {
  const T* given = static_cast<const T*>(grad);
  T* plane = static_cast<T*>(out);
  const std::int64_t size = extents.height * extents.width;
  const std::int64_t pooled = extents.pooled_height * extents.pooled_width;
  const bool are_squares = extents.height == 2 * extents.pooled_height &&
                           extents.width == 2 * extents.pooled_width && size > 0 &&
                           size <= std::numeric_limits<std::int32_t>::max();
  for (std::int64_t k = 0; k < extents.planes; ++k, plane += size) {
    const std::int64_t planes_left = extents.planes - k;
    const std::int64_t first = k * pooled;
    if (are_squares && send_to_squares(given + first, positions + first, plane, extents,
                                       planes_left * size, planes_left * pooled))
      continue;
    const std::int64_t wrong = send_each(given + first, positions + first, pooled, plane, size);
    if (wrong >= 0) return first + wrong;
  }
  return -1;
}

}  // namespace

void fill_max_pooling(KernelTable& table) {
  table.max_pool[static_cast<int>(ComputeType::kFloat)] = {&max_pool<float>,
                                                           &max_pool_gradient<float>};
  table.max_pool[static_cast<int>(ComputeType::kDouble)] = {&max_pool<double>,
                                                            &max_pool_gradient<double>};
  table.max_pool[static_cast<int>(ComputeType::kInteger)] = {&max_pool<std::int64_t>,
                                                             &max_pool_gradient<std::int64_t>};
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

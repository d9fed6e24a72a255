#include <algorithm>
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

/// A vector of windows of 2 x 2 elements side by side, the first of which begins at `at`. kTwoRows:
/// the second half of the windows lies in the next row of them, `pooled` results later.
template <bool kTwoRows, class T, int... K>
[[gnu::always_inline]] inline void pool_squares(const T* plane, std::int64_t at, std::int64_t width,
                                                T* out, std::int64_t* positions,
                                                std::int64_t pooled,
                                                std::integer_sequence<int, K...>) {
  constexpr auto kCount = static_cast<int>(sizeof...(K)), kHalf = kCount / 2;
  constexpr auto kHalfLanes = std::make_integer_sequence<int, kHalf>{};
  using Values = Vector<T, kCount>;
  using Places = Vector<PlaceOf<T>, kCount>;
  using Positions = Vector<std::int64_t, kHalf>;
  const T* const upper_row = plane + at;
  const T* const second = upper_row + (kTwoRows ? 2 * width : kCount);
  const auto upper_low = read<Values>(upper_row), upper_high = read<Values>(second);
  const auto lower_low = read<Values>(upper_row + width);
  const auto lower_high = read<Values>(second + width);
  const Values a = __builtin_shufflevector(upper_low, upper_high, 2 * K...);
  const Values b = __builtin_shufflevector(upper_low, upper_high, (2 * K + 1)...);
  const Values c = __builtin_shufflevector(lower_low, lower_high, 2 * K...);
  const Values d = __builtin_shufflevector(lower_low, lower_high, (2 * K + 1)...);
  const auto below = static_cast<PlaceOf<T>>(width);
  Places first = Places{2 * (kTwoRows ? K % kHalf : K)...};
  if constexpr (kTwoRows) first += Places{-(K / kHalf)...} & (2 * below);
  const auto takes_b = (b > a) | (b != b), takes_d = (d > c) | (d != d);
  const Values upper = takes_b ? b : a, lower = takes_d ? d : c;
  const auto takes_lower = (lower > upper) | (lower != lower);
  const Places places =
      first + static_cast<PlaceOf<T>>(at) + (takes_lower ? below - takes_d : -takes_b);
  const Values largest = takes_lower ? lower : upper;
  const std::int64_t to_second = kTwoRows ? pooled : kHalf;
  write(low_half(largest, kHalfLanes), out);
  write(high_half(largest, kHalfLanes), out + to_second);
  write(__builtin_convertvector(low_half(places, kHalfLanes), Positions), positions);
  write(__builtin_convertvector(high_half(places, kHalfLanes), Positions), positions + to_second);
}

/// The first `rows` rows of a plane of such windows, by vectors, which reach beyond their rows.
template <class T>
void pool_square_rows(const T* plane, T* out, std::int64_t* positions, std::int64_t rows,
                      std::int64_t width, std::int64_t pooled) {
  constexpr int kCount = kVectorLength<T>;
  constexpr auto kLanes = std::make_integer_sequence<int, kCount>{};
  if (pooled <= kCount / 2 && rows > 1) {
    for (std::int64_t row = 0; row < rows; row += 2) {
      const std::int64_t at = row < rows - 1 ? row : rows - 2;
      pool_squares<true>(plane, 2 * at * width, width, out + at * pooled, positions + at * pooled,
                         pooled, kLanes);
    }
    return;
  }
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < pooled; column += kCount)
      pool_squares<false>(plane, 2 * (row * width + column), width, out + row * pooled + column,
                          positions + row * pooled + column, pooled, kLanes);
}

/// Planes with such windows, row by row where vectors have no room.
template <class T>
void max_pool_squares(const T* x, T* out, std::int64_t* positions, const PoolingExtents& extents,
                      const PoolingTaps& rows, const PoolingTaps& columns) {
  constexpr std::int64_t kCount = kVectorLength<T>;
  const std::int64_t width = extents.width, pooled = extents.pooled_width;
  const std::int64_t pooled_height = extents.pooled_height, size = extents.height * width;
  if (pooled == 0) return;
  const std::int64_t reach = (pooled + kCount - 1) / kCount * kCount;
  const auto has_room = [&](std::int64_t planes_left, std::int64_t row) {
    return (2 * row + 1) * width + 2 * reach <= planes_left * size &&
           row * pooled + reach <= planes_left * pooled_height * pooled;
  };
  for (std::int64_t plane = 0; plane < extents.planes; ++plane) {
    std::int64_t safe = pooled_height;
    while (safe > 0 && !has_room(extents.planes - plane, safe - 1)) --safe;
    pool_square_rows(x, out, positions, safe, width, pooled);
    for (std::int64_t row = safe; row < pooled_height; ++row)
      for (std::int64_t column = 0; column < pooled; ++column)
        pool_element(x, out + row * pooled + column, positions + row * pooled + column, row, column,
                     extents, rows, columns);
    x += size;
    out += pooled_height * pooled;
    positions += pooled_height * pooled;
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

/// a[0], b[0], a[1], b[1], ... of the first half of the lanes, and of the second.
template <class V, int... K>
[[gnu::always_inline]] inline V low_alternating(V a, V b, std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(a, b, (K % 2 * static_cast<int>(sizeof...(K)) + K / 2)...);
}
template <class V, int... K>
[[gnu::always_inline]] inline V high_alternating(V a, V b, std::integer_sequence<int, K...>) {
  constexpr auto kCount = static_cast<int>(sizeof...(K));
  return __builtin_shufflevector(a, b, (K % 2 * kCount + (K + kCount) / 2)...);
}

/// The elements at `low`, and behind them those at `high`, half a vector each.
template <class T, int... K>
[[gnu::always_inline]] inline auto read_halves(const T* low, const T* high,
                                               std::integer_sequence<int, K...>) {
  using Half = Vector<T, static_cast<int>(sizeof...(K)) / 2>;
  return __builtin_shufflevector(read<Half>(low), read<Half>(high), K...);
}

/// The gradients of a vector of windows of 2 x 2 elements side by side, the first of which begins
/// at `base`, to the two rows of the plane that they cover. kTwoRows: the second half of the
/// windows lies in the next row of them, `pooled` gradients later. Each lane: all ones where the
/// position lies in the window.
template <bool kTwoRows, class T, int... K>
[[gnu::always_inline]] inline auto send_squares(const T* grad, const std::int64_t* positions,
                                                std::int64_t pooled, T* plane, std::int64_t base,
                                                std::int64_t width,
                                                std::integer_sequence<int, K...> lanes) {
  constexpr auto kCount = static_cast<int>(sizeof...(K));
  using Values = Vector<T, kCount>;
  using Places = Vector<PlaceOf<T>, kCount>;
  const std::int64_t to_second = kTwoRows ? pooled : kCount / 2;
  const auto below = static_cast<PlaceOf<T>>(width);
  const Places none_above{};
  const Places first = Places{2 * (kTwoRows ? K % (kCount / 2) : K)...} +
                       (kTwoRows ? Places{-(K / (kCount / 2))...} & (2 * below) : none_above);
  Places places, is_exact;
  if constexpr (sizeof(Places) == sizeof(std::int64_t) * sizeof...(K)) {
    places = read<Places>(positions);
    is_exact = places == places;
  } else {
    const auto low = read<Places>(positions), high = read<Places>(positions + to_second);
    places = __builtin_shufflevector(low, high, 2 * K...);
    is_exact = Places(__builtin_shufflevector(low, high, (2 * K + 1)...)) == places >> 31;
  }
  const Places tap = places - first - static_cast<PlaceOf<T>>(base);
  const Values none{};
  Values sent = none;
  if constexpr (kTwoRows)
    sent += read_halves(grad, grad + to_second, lanes);
  else
    sent += read<Values>(grad);
  const Values a = tap == 0 ? sent : none, b = tap == 1 ? sent : none;
  const Values c = tap == below ? sent : none, d = tap == below + 1 ? sent : none;
  T* const upper = plane + base;
  write(low_alternating(a, b, lanes), upper);
  // In the order of addresses, so that what is written beyond a row is written again.
  if constexpr (kTwoRows) {
    write(low_alternating(c, d, lanes), upper + width);
    write(high_alternating(a, b, lanes), upper + 2 * width);
    write(high_alternating(c, d, lanes), upper + 3 * width);
  } else {
    write(high_alternating(a, b, lanes), upper + kCount);
    write(low_alternating(c, d, lanes), upper + width);
    write(high_alternating(c, d, lanes), upper + width + kCount);
  }
  return Places(((tap == 0) | (tap == 1) | (tap == below) | (tap == below + 1)) & is_exact);
}

/// The same for a plane that consists of such windows, if there is room: `left` elements from the
/// plane's first on, `room` gradients. What a vector writes beyond a row is written again. False,
/// and nothing of use is written, if there is too little room or a position lies elsewhere.
template <class T>
bool send_to_squares(const T* grad, const std::int64_t* positions, T* plane,
                     const PoolingExtents& extents, std::int64_t left, std::int64_t room) {
  constexpr int kCount = kVectorLength<T>, kHalf = kCount / 2;
  constexpr auto kLanes = std::make_integer_sequence<int, kCount>{};
  const std::int64_t width = extents.width, pooled_width = extents.pooled_width;
  const std::int64_t pooled_height = extents.pooled_height;
  const std::int64_t last_vector = pooled_width < kCount ? 0 : pooled_width - kCount;
  if ((extents.height - 1) * width + 2 * (last_vector + kCount) > left) return false;
  if ((pooled_height - 1) * pooled_width + last_vector + kCount > room) return false;
  Vector<PlaceOf<T>, kCount> are_inside = ~Vector<PlaceOf<T>, kCount>{};
  const bool has_two_rows = sizeof(T) == 4 && pooled_width <= kHalf && pooled_height > 1;
  if constexpr (sizeof(T) == 4)
    for (std::int64_t row = 0; has_two_rows && row < pooled_height; row += 2) {
      const std::int64_t at = row < pooled_height - 1 ? row : pooled_height - 2;
      const std::int64_t j = at * pooled_width;
      are_inside &= send_squares<true>(grad + j, positions + j, pooled_width, plane, 2 * at * width,
                                       width, kLanes);
    }
  for (std::int64_t row = 0; !has_two_rows && row < pooled_height; ++row)
    for (std::int64_t column = 0; column < pooled_width; column += kCount) {
      const std::int64_t at = column < last_vector ? column : last_vector;
      const std::int64_t j = row * pooled_width + at;
      are_inside &= send_squares<false>(grad + j, positions + j, pooled_width, plane,
                                        2 * (row * width + at), width, kLanes);
    }
  const std::int64_t in_row = has_two_rows ? kHalf : kCount;
  bool all_inside = true;
  for (std::int64_t lane = 0; lane < kCount; ++lane)
    all_inside &= (lane & (in_row - 1)) >= pooled_width || are_inside[lane] != 0;
  return all_inside;
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
  table.max_pool[static_cast<int>(ComputeType::kFloat)] = {&max_pool<float>,
                                                           &max_pool_gradient<float>};
  table.max_pool[static_cast<int>(ComputeType::kDouble)] = {&max_pool<double>,
                                                            &max_pool_gradient<double>};
  table.max_pool[static_cast<int>(ComputeType::kInteger)] = {&max_pool<std::int64_t>,
                                                             &max_pool_gradient<std::int64_t>};
  table.average_pool[static_cast<int>(ComputeType::kFloat)] = {&means<float>, &spread<float>};
  table.average_pool[static_cast<int>(ComputeType::kDouble)] = {&means<double>, &spread<double>};
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

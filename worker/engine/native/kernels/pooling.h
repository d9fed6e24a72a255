// Max pooling, element by element; and by windows of two by two that lie side by side, the usual
// ones: each element is read once, many windows at a time.
#pragma once

#include <limits>
#include <type_traits>

#include "worker/engine/native/kernels/kernel_table.h"
#include "worker/engine/native/kernels/vectors.h"

namespace gt::worker::native::GT_KERNEL_TARGET {

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

}  // namespace gt::worker::native::GT_KERNEL_TARGET

// Copies of transposed matrices.
//
// A square of as many rows as a vector has elements is transposed in registers: each line of memory
// is read once and written once, whole. Rows of a large matrix are often a power of two apart, so
// that the lines of a column share a few places of the first cache and would not stay there.
#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/vectors.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// What is transposed at a time: its rows are read by whole pages, and its columns fit into the
/// second cache.
constexpr std::int64_t kTileRows = 64, kTileColumns = 256;
constexpr std::int64_t kLineBytes = 64;

template <class U>
inline constexpr int kLaneLength = 16 / static_cast<int>(sizeof(U));

/// In each lane of 16 bytes: the elements of the lower (upper) halves of a and b in turn.
template <bool kUpper, class U, class V, int... K>
[[gnu::always_inline]] inline V in_turn(V a, V b, std::integer_sequence<int, K...>) {
  constexpr int kLane = kLaneLength<U>;
  constexpr int kLength = sizeof...(K);
  return __builtin_shufflevector(a, b,
                                 (K / kLane * kLane + (kUpper ? kLane / 2 : 0) + K % kLane / 2 +
                                  (K % 2 == 1 ? kLength : 0))...);
}

/// The even (odd) lanes of a, then those of b.
template <bool kOdd, class U, class V, int... K>
[[gnu::always_inline]] inline V every_other_lane(V a, V b, std::integer_sequence<int, K...>) {
  constexpr int kLane = kLaneLength<U>;
  constexpr int kLanes = sizeof...(K) / kLane;
  constexpr int kLength = sizeof...(K);
  return __builtin_shufflevector(a, b,
                                 ((K / kLane % (kLanes / 2) * 2 + (kOdd ? 1 : 0)) * kLane +
                                  K % kLane + (K / kLane >= kLanes / 2 ? kLength : 0))...);
}

template <bool kStreams, class V, class U>
[[gnu::always_inline]] inline void put(V value, U* to) {
#if defined(__AVX512F__)
  if constexpr (kStreams)
    return _mm512_stream_si512(reinterpret_cast<__m512i*>(to), (__m512i)value);
#elif defined(__AVX2__)
  if constexpr (kStreams)
    return _mm256_stream_si256(reinterpret_cast<__m256i*>(to), (__m256i)value);
#elif defined(__x86_64__)
  if constexpr (kStreams) return _mm_stream_si128(reinterpret_cast<__m128i*>(to), (__m128i)value);
#endif
  __builtin_memcpy(to, &value, sizeof value);
}

/// Transposes the kCount squares of one lane each that lie side by side in `rows`.
template <class U, class V, int kCount>
[[gnu::always_inline]] inline void transpose_lanes(V* rows) {
  constexpr int kLane = kLaneLength<U>;
  constexpr auto all = std::make_integer_sequence<int, kCount * kLane>{};
#pragma GCC unroll 4
  for (int step = 1; step < kLane; step *= 2) {
    V next[kLane];
#pragma GCC unroll 8
    for (int i = 0; i < kLane / 2; ++i) {
      next[2 * i] = in_turn<false, U>(rows[i], rows[i + kLane / 2], all);
      next[2 * i + 1] = in_turn<true, U>(rows[i], rows[i + kLane / 2], all);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kLane; ++i) rows[i] = next[i];
  }
}

/// Lane k of row g changes places with lane g of row k.
template <class U, class V, int kCount>
[[gnu::always_inline]] inline void exchange_lanes(V* rows) {
  constexpr auto all = std::make_integer_sequence<int, kCount * kLaneLength<U>>{};
#pragma GCC unroll 4
  for (int step = 1; step < kCount; step *= 2) {
    V next[kCount];
#pragma GCC unroll 4
    for (int i = 0; i < kCount / 2; ++i) {
      next[i] = every_other_lane<false, U>(rows[2 * i], rows[2 * i + 1], all);
      next[i + kCount / 2] = every_other_lane<true, U>(rows[2 * i], rows[2 * i + 1], all);
    }
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) rows[i] = next[i];
  }
}

template <bool kStreams, class U>
[[gnu::always_inline]] inline void transpose_square(const U* from, std::int64_t stride, U* to,
                                                    std::int64_t columns) {
  constexpr int kLane = kLaneLength<U>;
  constexpr int kCount = kVectorLength<U> / kLane;
  using V = Vector<U, kVectorLength<U>>;
  V rows[kVectorLength<U>];
#pragma GCC unroll 32
  for (int i = 0; i < kVectorLength<U>; ++i) rows[i] = read<V>(from + i * stride);
#pragma GCC unroll 4
  for (int g = 0; g < kCount; ++g) transpose_lanes<U, V, kCount>(rows + g * kLane);
#pragma GCC unroll 8
  for (int r = 0; r < kLane; ++r) {
    V lines[kCount];
#pragma GCC unroll 4
    for (int g = 0; g < kCount; ++g) lines[g] = rows[g * kLane + r];
    if constexpr (kCount > 1) exchange_lanes<U, V, kCount>(lines);
#pragma GCC unroll 4
    for (int k = 0; k < kCount; ++k) put<kStreams>(lines[k], to + (k * kLane + r) * columns);
  }
}

/// A part of a matrix, of whole squares: from[c * stride + r] becomes to[r * columns + c].
template <class U>
struct Part {
  const U* from;
  std::int64_t stride;
  U* to;
  std::int64_t columns;
  std::int64_t height;
  std::int64_t width;

  template <bool kStreams>
  void square(std::int64_t r, std::int64_t c) const {
    transpose_square<kStreams>(from + c * stride + r, stride, to + r * columns + c, columns);
  }
};

/// Row by row, so that what is written lies together.
template <class U>
void transpose_part(const Part<U>& part) {
  constexpr std::int64_t kSide = kVectorLength<U>;
  for (std::int64_t r = 0; r < part.height; r += kSide)
    for (std::int64_t c = 0; c < part.width; c += kSide) part.template square<false>(r, c);
}

/// Column by column, so that what is read lies together; each line is completed at once.
template <class U>
void stream_part(const Part<U>& part) {
  constexpr std::int64_t kSide = kVectorLength<U>;
  constexpr std::int64_t kLine = kLineBytes / static_cast<std::int64_t>(sizeof(U));
  for (std::int64_t line = 0; line < part.width; line += kLine) {
    const std::int64_t end = line + kLine < part.width ? line + kLine : part.width;
    for (std::int64_t r = 0; r < part.height; r += kSide)
      for (std::int64_t c = line; c < end; c += kSide) part.template square<true>(r, c);
  }
}

template <class U>
void transpose(const void* in, std::int64_t stride, void* out, std::int64_t rows,
               std::int64_t columns, bool streams) {
  constexpr std::int64_t kSide = kVectorLength<U>;
  const U* from = static_cast<const U*>(in);
  U* to = static_cast<U*>(out);
  const std::int64_t whole_rows = rows / kSide * kSide;
  const std::int64_t whole_columns = columns / kSide * kSide;
  for (std::int64_t r = 0; r < whole_rows; r += kTileRows)
    for (std::int64_t c = 0; c < whole_columns; c += kTileColumns) {
      const Part<U> part{from + c * stride + r,
                         stride,
                         to + r * columns + c,
                         columns,
                         whole_rows - r < kTileRows ? whole_rows - r : kTileRows,
                         whole_columns - c < kTileColumns ? whole_columns - c : kTileColumns};
      streams ? stream_part(part) : transpose_part(part);
    }
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = r < whole_rows ? whole_columns : 0; c < columns; ++c)
      to[r * columns + c] = from[c * stride + r];
}

}  // namespace

void fill_transposes(KernelTable& table) {
  table.moves.transpose[0] = &transpose<std::uint16_t>;
  table.moves.transpose[1] = &transpose<std::uint32_t>;
  table.moves.transpose[2] = &transpose<std::uint64_t>;
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

// Copies: past the caches, and of transposed matrices.
#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/vectors.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// Whole vectors; fewer bytes at the end are copied plainly.
void stream(const void* from, void* to, std::int64_t bytes) {
  const auto* source = static_cast<const char*>(from);
  auto* target = static_cast<char*>(to);
  std::int64_t done = 0;
#if defined(__AVX512F__)
  for (; done + 64 <= bytes; done += 64)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(target + done),
                        _mm512_loadu_si512(source + done));
#elif defined(__AVX2__)
  for (; done + 32 <= bytes; done += 32)
    _mm256_stream_si256(reinterpret_cast<__m256i*>(target + done),
                        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(source + done)));
#elif defined(__x86_64__)
  for (; done + 16 <= bytes; done += 16)
    _mm_stream_si128(reinterpret_cast<__m128i*>(target + done),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + done)));
#endif
  __builtin_memcpy(target + done, source + done, static_cast<std::size_t>(bytes - done));
}

void end_streams() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

/// Side of the squares that are transposed at a time: their rows and columns stay in the cache.
constexpr std::int64_t kSide = 32;

/// A square of 4 by 4 elements of four bytes.
inline void transpose_square(const std::uint32_t* from, std::int64_t stride, std::uint32_t* to,
                             std::int64_t columns) {
  using Row = Vector<std::uint32_t, 4>;
  const Row a = read<Row>(from);
  const Row b = read<Row>(from + stride);
  const Row c = read<Row>(from + 2 * stride);
  const Row d = read<Row>(from + 3 * stride);
  const Row ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Row ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Row cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Row cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Row rows[] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
                      __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
                      __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                      __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
  for (std::int64_t r = 0; r < 4; ++r) __builtin_memcpy(to + r * columns, &rows[r], sizeof(Row));
}

template <class U>
void transpose_part(const U* from, std::int64_t stride, U* to, std::int64_t columns,
                    std::int64_t height, std::int64_t width) {
  std::int64_t whole_rows = 0;
  std::int64_t whole_columns = 0;
  if constexpr (sizeof(U) == 4) {
    whole_rows = height / 4 * 4;
    whole_columns = width / 4 * 4;
    for (std::int64_t r = 0; r < whole_rows; r += 4)
      for (std::int64_t c = 0; c < whole_columns; c += 4)
        transpose_square(from + c * stride + r, stride, to + r * columns + c, columns);
  }
  for (std::int64_t r = 0; r < height; ++r)
    for (std::int64_t c = r < whole_rows ? whole_columns : 0; c < width; ++c)
      to[r * columns + c] = from[c * stride + r];
}

template <class U>
void transpose(const void* in, std::int64_t stride, void* out, std::int64_t rows,
               std::int64_t columns) {
  const U* from = static_cast<const U*>(in);
  U* to = static_cast<U*>(out);
  for (std::int64_t r = 0; r < rows; r += kSide)
    for (std::int64_t c = 0; c < columns; c += kSide)
      transpose_part(from + c * stride + r, stride, to + r * columns + c, columns,
                     rows - r < kSide ? rows - r : kSide,
                     columns - c < kSide ? columns - c : kSide);
}

}  // namespace

void fill_moves(KernelTable& table) {
  table.moves = {&stream,
                 &end_streams,
                 {&transpose<std::uint16_t>, &transpose<std::uint32_t>, &transpose<std::uint64_t>}};
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

// Copies past the caches.
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

}  // namespace

void fill_moves(KernelTable& table) {
  table.moves.stream = &stream;
  table.moves.end_streams = &end_streams;
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

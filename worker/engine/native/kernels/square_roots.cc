// Square roots in single precision where the instruction set estimates reciprocal roots: two steps
// of Newton's method and a last correction by the exact remainder (Markstein, Computation of
// Elementary Functions on the IBM RISC System/6000 Processor, 1990) take less time than the
// divider. The result is the correctly rounded one, as that of the instruction.
#include "common/ops/op.h"
#include "worker/engine/native/kernels/fill.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace gt::worker::native::GT_KERNEL_TARGET {

#if defined(__AVX512F__)
namespace {

constexpr std::int64_t kLength = 16;
/// Elements that are looked at together.
constexpr std::int64_t kChunk = 4 * kLength;

/// Whether all lie in [2^-90, 2^126], where no step underflows or overflows.
[[gnu::always_inline]] inline bool all_moderate(const float* x) {
  const __m512i least = _mm512_set1_epi32((127 - 90) << 23);
  __m512i largest = _mm512_setzero_si512();
  for (std::int64_t i = 0; i < kChunk; i += kLength)
    largest = _mm512_max_epu32(largest, _mm512_sub_epi32(_mm512_loadu_si512(x + i), least));
  return _mm512_cmpgt_epu32_mask(largest, _mm512_set1_epi32((126 + 90) << 23)) == 0;
}

[[gnu::always_inline]] inline __m512 root_of_moderate(__m512 x) {
  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512 estimate = _mm512_rsqrt14_ps(x);
  const __m512 root = _mm512_mul_ps(x, estimate);
  const __m512 slope = _mm512_mul_ps(estimate, half);
  const __m512 error = _mm512_fnmadd_ps(slope, root, half);
  const __m512 better_root = _mm512_fmadd_ps(root, error, root);
  const __m512 better_slope = _mm512_fmadd_ps(slope, error, slope);
  const __m512 remainder = _mm512_fnmadd_ps(better_root, better_root, x);
  return _mm512_fmadd_ps(remainder, better_slope, better_root);
}

void square_roots(void* out, const void* const* in, std::int64_t n, const void*,
                  const std::int64_t*) {
  const auto* x = static_cast<const float*>(in[0]);
  auto* y = static_cast<float*>(out);
  std::int64_t first = 0;
  for (; first + kChunk <= n; first += kChunk) {
    const bool is_moderate = all_moderate(x + first);
    // The divider works beside the rest.
    _mm512_storeu_ps(y + first, _mm512_sqrt_ps(_mm512_loadu_ps(x + first)));
    if (is_moderate)
      for (std::int64_t i = first + kLength; i < first + kChunk; i += kLength)
        _mm512_storeu_ps(y + i, root_of_moderate(_mm512_loadu_ps(x + i)));
    else
      for (std::int64_t i = first + kLength; i < first + kChunk; i += kLength)
        _mm512_storeu_ps(y + i, _mm512_sqrt_ps(_mm512_loadu_ps(x + i)));
  }
  for (; first < n; ++first) y[first] = __builtin_sqrtf(x[first]);
}

}  // namespace

void fill_square_roots(KernelTable& table) {
  table.pointwise[static_cast<int>(Op::sqrt)].kernels[static_cast<int>(ComputeType::kFloat)] =
      &square_roots;
}
#else
void fill_square_roots(KernelTable&) {}
#endif

}  // namespace gt::worker::native::GT_KERNEL_TARGET

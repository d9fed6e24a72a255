// Philox (philox.h) for many blocks at a time.
#include <bit>

#include "common/ops/arithmetic/functions.h"
#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/vectors.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// Elements that are drawn at a time: a multiple of the words that a vector of blocks makes.
constexpr std::int64_t kChunk = 64;

/// Blocks that are computed together, each in a 64-bit element.
constexpr int kBlocks = kVectorLength<std::uint64_t>;
using Blocks = Vector<std::uint64_t, kBlocks>;

/// Products of the lower halves of the elements.
[[gnu::always_inline]] inline Blocks multiply_halves(Blocks a, std::uint32_t b) {
#if defined(__AVX512F__)
  return reinterpret_cast<Blocks>(
      _mm512_maskz_mul_epu32(0xFF, reinterpret_cast<__m512i>(a), _mm512_set1_epi64(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<Blocks>(
      _mm256_mul_epu32(reinterpret_cast<__m256i>(a), _mm256_set1_epi64x(b)));
#elif defined(__x86_64__)
  return reinterpret_cast<Blocks>(_mm_mul_epu32(reinterpret_cast<__m128i>(a), _mm_set1_epi64x(b)));
#else
  return (a & 0xFFFFFFFF) * std::uint64_t{b};
#endif
}

/// {low[0], high[0], low[1], high[1], ...}, from element `First` of both on.
template <int First, int... K>
[[gnu::always_inline]] inline Blocks interleave(Blocks low, Blocks high,
                                                std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(low, high, (First + K / 2 + K % 2 * kBlocks)...);
}

/// Philox for the blocks first .. first + kBlocks: two 64-bit draws of each. Only the lower halves
/// of c0 to c3 count.
[[gnu::always_inline]] inline void philox_blocks(std::uint64_t seed, std::uint64_t counter,
                                                 std::uint64_t first, std::uint64_t* out) {
  static constexpr std::uint64_t kPlaces[] = {0, 1, 2, 3, 4, 5, 6, 7};
  Blocks c0 = read<Blocks>(kPlaces) + first;
  Blocks c1 = c0 >> 32;
  Blocks c2 = Blocks{} + (counter & 0xFFFFFFFF);
  Blocks c3 = Blocks{} + (counter >> 32);
  auto k0 = static_cast<std::uint32_t>(seed);
  auto k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const Blocks product0 = multiply_halves(c0, 0xD2511F53);
    const Blocks product1 = multiply_halves(c2, 0xCD9E8D57);
    c0 = (product1 >> 32) ^ c1 ^ std::uint64_t{k0};
    c2 = (product0 >> 32) ^ c3 ^ std::uint64_t{k1};
    c1 = product1;
    c3 = product0;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  const Blocks low = (c0 & 0xFFFFFFFF) | (c1 << 32);
  const Blocks high = (c2 & 0xFFFFFFFF) | (c3 << 32);
  const auto sequence = std::make_integer_sequence<int, kBlocks>{};
  const Blocks halves[] = {interleave<0>(low, high, sequence),
                           interleave<kBlocks / 2>(low, high, sequence)};
  __builtin_memcpy(out, halves, sizeof halves);
}

/// The 64-bit draws of elements first .. first + N; first is a multiple of kChunk.
template <std::int64_t N>
void draw_bits(std::uint64_t seed, std::uint64_t counter, std::uint64_t first, std::uint64_t* out) {
  for (std::int64_t i = 0; i < N; i += 2 * kBlocks)
    philox_blocks(seed, counter, (first + static_cast<std::uint64_t>(i)) / 2, out + i);
}

void bits_chunk(std::uint64_t seed, std::uint64_t counter, std::uint64_t first,
                std::uint64_t* out) {
  draw_bits<kChunk>(seed, counter, first, out);
}
/// Uniform values of elements first .. first + kChunk: of the words in their order.
void uniform_chunk(std::uint64_t seed, std::uint64_t counter, std::uint64_t first, float* out) {
  std::uint64_t bits[kChunk / 2];
  draw_bits<kChunk / 2>(seed, counter, first / 2, bits);
  std::uint32_t words[kChunk];
  static_assert(std::endian::native == std::endian::little);
  __builtin_memcpy(words, bits, sizeof words);
  for (std::int64_t i = 0; i < kChunk; ++i)
    out[i] = static_cast<float>(static_cast<std::int32_t>(words[i] >> 8)) * 0x1p-24f;
}
void uniform_chunk(std::uint64_t seed, std::uint64_t counter, std::uint64_t first, double* out) {
  std::uint64_t bits[kChunk];
  bits_chunk(seed, counter, first, bits);
  for (std::int64_t i = 0; i < kChunk; ++i) out[i] = static_cast<double>(bits[i] >> 11) * 0x1p-53;
}

template <class T>
void normal_chunk(std::uint64_t seed, std::uint64_t counter, std::uint64_t first, T* out) {
  T uniform[kChunk];
  uniform_chunk(seed, counter, first, uniform);
  for (std::int64_t k = 0; k < kChunk / 2; ++k) {
    const T radius = math::functions::normal_radius(uniform[2 * k]);
    const T angle = math::functions::normal_angle(uniform[2 * k + 1]);
    out[2 * k] = radius * math::functions::cos_of_moderate(angle);
    out[2 * k + 1] = radius * math::functions::sin_of_moderate(angle);
  }
}

/// Draws whole chunks; of those at the ends the part that was asked for is copied.
template <class T, void (*Draw)(std::uint64_t, std::uint64_t, std::uint64_t, T*), class Out = void>
void draw(std::uint64_t seed, std::uint64_t counter, std::int64_t first, std::int64_t n, Out* out) {
  T* y = static_cast<T*>(out);
  T chunk[kChunk];
  for (std::int64_t i = first / kChunk * kChunk; i < first + n; i += kChunk) {
    if (i >= first && i + kChunk <= first + n) {
      Draw(seed, counter, static_cast<std::uint64_t>(i), y + (i - first));
      continue;
    }
    Draw(seed, counter, static_cast<std::uint64_t>(i), chunk);
    const std::int64_t begin = i < first ? first - i : 0;
    const std::int64_t end = first + n - i < kChunk ? first + n - i : kChunk;
    for (std::int64_t j = begin; j < end; ++j) y[i + j - first] = chunk[j];
  }
}

template <class T>
void dropout(std::uint64_t seed, std::uint64_t counter, std::int64_t n, double p, double scale,
             const void* in, void* out) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  const T threshold = static_cast<T>(p);
  const T factor = static_cast<T>(scale);
  T draws[kChunk];
  for (std::int64_t first = 0; first < n; first += kChunk) {
    uniform_chunk(seed, counter, static_cast<std::uint64_t>(first), draws);
    const std::int64_t length = n - first < kChunk ? n - first : kChunk;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < length; ++i) {
      const T kept = x[first + i] * factor;
      y[first + i] = math::select(draws[i] < threshold, T(0), kept);
    }
  }
}

template <class T>
RandomKernels random_kernels() {
  return {&draw<T, &uniform_chunk>, &draw<T, &normal_chunk<T>>, &dropout<T>};
}

}  // namespace

void fill_random(KernelTable& table) {
  table.random[static_cast<int>(ComputeType::kFloat)] = random_kernels<float>();
  table.random[static_cast<int>(ComputeType::kDouble)] = random_kernels<double>();
  table.random_bits = &draw<std::uint64_t, &bits_chunk, std::uint64_t>;
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

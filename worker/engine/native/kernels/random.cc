#include "common/ops/arithmetic/functions.h"
#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/philox.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

namespace math = arithmetic::GT_KERNEL_TARGET;

/// Elements that are drawn at a time; a multiple of four.
constexpr std::int64_t kChunk = 256;

/// Uniform values of elements first .. first + kChunk; first is a multiple of four.
void uniform_chunk(std::uint64_t seed, std::uint64_t counter, std::uint64_t first, float* out) {
  for (std::int64_t b = 0; b < kChunk / 4; ++b) {
    const random::PhiloxBlock block =
        random::philox(seed, first / 4 + static_cast<std::uint64_t>(b), counter);
    for (int w = 0; w < 4; ++w) out[4 * b + w] = static_cast<float>(block.words[w] >> 8) * 0x1p-24f;
  }
}
void bits_chunk(std::uint64_t seed, std::uint64_t counter, std::uint64_t first,
                std::uint64_t* out) {
  for (std::int64_t b = 0; b < kChunk / 2; ++b) {
    const random::PhiloxBlock block =
        random::philox(seed, first / 2 + static_cast<std::uint64_t>(b), counter);
    for (int w = 0; w < 2; ++w)
      out[2 * b + w] = (std::uint64_t{block.words[2 * w + 1]} << 32) | block.words[2 * w];
  }
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
    const T radius = math::square_root(T(-2) * math::functions::log(T(1) - uniform[2 * k]));
    const T angle = uniform[2 * k + 1] * T(6.283185307179586);
    out[2 * k] = radius * math::functions::cos(angle);
    out[2 * k + 1] = radius * math::functions::sin(angle);
  }
}

/// Draws whole chunks, and copies the part that was asked for.
template <class T, void (*Draw)(std::uint64_t, std::uint64_t, std::uint64_t, T*), class Out = void>
void draw(std::uint64_t seed, std::uint64_t counter, std::int64_t first, std::int64_t n, Out* out) {
  T* y = static_cast<T*>(out);
  T chunk[kChunk];
  for (std::int64_t i = first / kChunk * kChunk; i < first + n; i += kChunk) {
    Draw(seed, counter, static_cast<std::uint64_t>(i), chunk);
    const std::int64_t begin = i < first ? first - i : 0;
    const std::int64_t end = first + n - i < kChunk ? first + n - i : kChunk;
    for (std::int64_t j = begin; j < end; ++j) y[i + j - first] = chunk[j];
  }
}

}  // namespace

void fill_random(KernelTable& table) {
  table.random[static_cast<int>(ComputeType::kFloat)] = {&draw<float, &uniform_chunk>,
                                                         &draw<float, &normal_chunk<float>>};
  table.random[static_cast<int>(ComputeType::kDouble)] = {&draw<double, &uniform_chunk>,
                                                          &draw<double, &normal_chunk<double>>};
  table.random_bits = &draw<std::uint64_t, &bits_chunk, std::uint64_t>;
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

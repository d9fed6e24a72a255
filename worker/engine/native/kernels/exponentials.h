// Runs of exp, which take the short way where all results are normal numbers.
#pragma once

#include "worker/engine/native/kernels/reduction_tree.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// y[i] = exp(x[i] - shift) for N elements.
template <int N>
void exp_chunk(const float* x, float shift, float* y) {
  float differences[N];
  std::int32_t largest = 0;
  for (int i = 0; i < N; ++i) {
    differences[i] = x[i] - shift;
    const std::int32_t magnitude = math::to_bits(differences[i]) & 0x7FFFFFFF;
    largest = magnitude > largest ? magnitude : largest;
  }
  if (largest <= math::to_bits(static_cast<float>(math::functions::kModerate)))
    for (int i = 0; i < N; ++i) y[i] = math::functions::exp_of_moderate(differences[i]);
  else
    for (int i = 0; i < N; ++i) y[i] = math::functions::exp(differences[i]);
}

/// y[i] = exp(x[i] - shift) for n elements; y may be x.
inline void exp_run(const float* x, float shift, float* y, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + 256 <= n; i += 256) exp_chunk<256>(x + i, shift, y + i);
  for (; i + 64 <= n; i += 64) exp_chunk<64>(x + i, shift, y + i);
  for (; i < n; ++i) y[i] = math::functions::exp(x[i] - shift);
}
inline void exp_run(const double* x, double shift, double* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = math::functions::exp(x[i] - shift);
}

/// Sum of exp(x - shift).
template <class T>
T sum_of_exponentials(const T* x, T shift, std::int64_t n) {
  alignas(64) T block[kBlock];
  BinaryCounter<Sum<T>, T> blocks;
  if (n == 0) return Sum<T>::finish(Sum<T>::identity());
  for (std::int64_t i = 0; i < n; i += kBlock) {
    const std::int64_t length = n - i < kBlock ? n - i : kBlock;
    exp_run(x + i, shift, block, length);
    blocks.push(fold_block<Sum<T>, T>(Plain<T>{block}, 0, length));
  }
  return Sum<T>::finish(blocks.total());
}

}  // namespace
}  // namespace gt::worker::native::GT_KERNEL_TARGET

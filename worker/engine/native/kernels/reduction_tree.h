// The one order in which a reduction adds up, whatever the vector width, tiling or layout:
//
//   The n elements (row-major over the reduced dims) are cut into blocks of 4096. In a block,
//   element i goes to lane i mod 64; a lane folds its elements in rising order. Lanes combine
//   pairwise: lane j takes in lane j + 32, then j + 16, ... + 1. Blocks combine pairwise like the
//   digits of a binary counter: as soon as two neighbours of equal size exist, left with right;
//   what remains at the end combines from the right. Lanes that got no element hold the identity
//   (-0 for sums, which changes no value); a sum finally adds +0, so that it is never -0.
//
// A fold type F over T has
//   T identity(); T element(T x, T parameter); T combine(T a, T b); T finish(T value)
#pragma once

#include <cstdint>

#include "common/ops/arithmetic/functions.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

namespace math = arithmetic::GT_KERNEL_TARGET;

inline constexpr std::int64_t kBlock = 4096;
inline constexpr std::int64_t kLanes = 64;
inline constexpr int kMaxLevels = 56;

/// Lanes that can hold an element of a block of n: a power of two, at most 64.
inline std::int64_t lane_count(std::int64_t n) {
  std::int64_t lanes = 1;
  while (lanes < n && lanes < kLanes) lanes *= 2;
  return lanes;
}

template <class F, class T>
T fold_block(const T* x, std::int64_t n, T parameter) {
  T lanes[kLanes];
  const std::int64_t width = lane_count(n);
  std::int64_t i = 0;
  if (n >= kLanes) {
    for (std::int64_t j = 0; j < kLanes; ++j) lanes[j] = F::element(x[j], parameter);
    for (i = kLanes; i + kLanes <= n; i += kLanes)
      for (std::int64_t j = 0; j < kLanes; ++j)
        lanes[j] = F::combine(lanes[j], F::element(x[i + j], parameter));
    for (std::int64_t j = 0; i + j < n; ++j)
      lanes[j] = F::combine(lanes[j], F::element(x[i + j], parameter));
  } else {
    for (; i < n; ++i) lanes[i] = F::element(x[i], parameter);
    for (; i < width; ++i) lanes[i] = F::identity();
  }
  // Every lane below `width` was set, which the analyzer does not see through lane_count.
  // NOLINTBEGIN(clang-analyzer-core.*)
  for (std::int64_t half = width / 2; half > 0; half /= 2)
    for (std::int64_t j = 0; j < half; ++j) lanes[j] = F::combine(lanes[j], lanes[j + half]);
  return lanes[0];
  // NOLINTEND(clang-analyzer-core.*)
}

/// Combines the values of the blocks; push in rising order, then take the total.
template <class F, class T>
class BlockCounter {
 public:
  void push(T value) {
    for (std::int64_t bits = count_++; (bits & 1) != 0; bits >>= 1)
      value = F::combine(stack_[--size_], value);
    stack_[size_++] = value;
  }
  T total() {
    T value = stack_[--size_];
    while (size_ > 0) value = F::combine(stack_[--size_], value);
    return value;
  }

 private:
  T stack_[kMaxLevels];
  int size_ = 0;
  std::int64_t count_ = 0;
};

template <class F, class T>
T fold(const T* x, std::int64_t n, T parameter) {
  if (n == 0) return F::finish(F::identity());
  if (n <= kBlock) return F::finish(fold_block<F>(x, n, parameter));
  BlockCounter<F, T> blocks;
  for (std::int64_t i = 0; i < n; i += kBlock)
    blocks.push(fold_block<F>(x + i, n - i < kBlock ? n - i : kBlock, parameter));
  return F::finish(blocks.total());
}

template <class T>
struct Sum {
  static T identity() { return T(-0.0); }
  static T element(T x, T) { return x; }
  static T combine(T a, T b) {
    if constexpr (math::is_floating_value<T>)
      return a + b;
    else
      return math::wrapping_add(a, b);
  }
  static T finish(T value) { return combine(value, T(0)); }
};
template <class T>
struct Product {
  static T identity() { return T(1); }
  static T element(T x, T) { return x; }
  static T combine(T a, T b) {
    if constexpr (math::is_floating_value<T>)
      return a * b;
    else
      return math::wrapping_multiply(a, b);
  }
  static T finish(T value) { return value; }
};
template <class T>
struct Maximum {
  static T identity() {
    if constexpr (math::is_floating_value<T>)
      return -math::infinity<T>();
    else
      return std::numeric_limits<T>::min();
  }
  static T element(T x, T) { return x; }
  static T combine(T a, T b) { return math::larger(a, b); }
  static T finish(T value) { return value; }
};
template <class T>
struct Minimum {
  static T identity() {
    if constexpr (math::is_floating_value<T>)
      return math::infinity<T>();
    else
      return std::numeric_limits<T>::max();
  }
  static T element(T x, T) { return x; }
  static T combine(T a, T b) { return math::smaller(a, b); }
  static T finish(T value) { return value; }
};
template <class T>
struct SquaredDeviation : Sum<T> {
  static T element(T x, T mean) { return (x - mean) * (x - mean); }
};
template <class T>
struct ExpSum : Sum<T> {
  static T element(T x, T largest) { return math::functions::exp(x - largest); }
};

}  // namespace
}  // namespace gt::worker::native::GT_KERNEL_TARGET

// The one order in which a reduction adds up, whatever the vector width, tiling or layout:
//
//   The n elements (row-major over the reduced dims) are cut into blocks of 4096. In a block,
//   element i goes to lane i mod 64; a lane folds its elements in rising order. Lanes combine
//   pairwise: lane j takes in lane j + 32, then j + 16, ... + 1. Blocks combine pairwise like the
//   digits of a binary counter: as soon as two neighbours of equal size exist, left with right;
//   what remains at the end combines from the right. Lanes that got no element hold the identity
//   (-0 for sums, which changes no value); a sum finally adds +0, so that it is never -0.
//
// Combining with the identity changes no value, so blocks are filled up with it.
//
// A fold type F over T has
//   T identity(); T finish(T value); V combine(V a, V b) for V = T and vectors of T
#pragma once

#include <cstdint>
#include <limits>

#include "worker/engine/native/kernels/vectors.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

inline constexpr std::int64_t kBlock = 4096;
inline constexpr std::int64_t kLanes = 64;
inline constexpr int kMaxLevels = 52;

template <class T>
struct Sum {
  static T identity() { return T(-0.0); }
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    return a + b;
  }
  static T finish(T value) { return value + T(0); }
};
template <class T>
struct Product {
  static T identity() { return T(1); }
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    return a * b;
  }
  static T finish(T value) { return value; }
};
/// The larger value; NaN if either is NaN.
template <class T>
struct Maximum {
  static T identity() {
    if constexpr (math::is_floating_value<T>)
      return -math::infinity<T>();
    else
      return std::numeric_limits<T>::min();
  }
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    const V larger = a > b ? a : b;
    if constexpr (!math::is_floating_value<T>)
      return larger;
    else
      return a != a ? a : larger;
  }
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
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    const V smaller = a < b ? a : b;
    if constexpr (!math::is_floating_value<T>)
      return smaller;
    else
      return a != a ? a : smaller;
  }
  static T finish(T value) { return value; }
};

/// Elements i of a run as they lie in memory.
template <class T>
struct Plain {
  const T* elements;
  template <class V>
  [[gnu::always_inline]] V operator()(std::int64_t i) const {
    return read<V>(elements + i);
  }
};

/// bfloat16 elements as floats.
struct WidenedBFloat16 {
  const std::uint16_t* elements;
  template <class V>
  [[gnu::always_inline]] V operator()(std::int64_t i) const {
    constexpr std::size_t kElementBytes = sizeof(float);
    constexpr int kLength = static_cast<int>(sizeof(V) / kElementBytes);
    V value;
    if constexpr (kLength == 1) {
      const std::uint32_t bits = static_cast<std::uint32_t>(elements[i]) << 16;
      __builtin_memcpy(&value, &bits, sizeof value);
    } else {
      using Words = Vector<std::uint32_t, kLength>;
      const Words bits =
          __builtin_convertvector(read<Vector<std::uint16_t, kLength>>(elements + i), Words) << 16;
      __builtin_memcpy(&value, &bits, sizeof value);
    }
    return value;
  }
};

/// Folds load(first .. first + n), 0 < n <= kBlock.
template <class F, class T, class Load>
T fold_block(const Load& load, std::int64_t first, std::int64_t n) {
  using Lanes = Group<T, static_cast<int>(kLanes)>;
  const std::int64_t end = first + n;
  std::int64_t i = first;
  Lanes lanes;
  if (n >= kLanes) {
    lanes = load_group<T, kLanes>(load, i);
    for (i += kLanes; i + kLanes <= end; i += kLanes)
      lanes = combine<F>(lanes, load_group<T, kLanes>(load, i));
    if (i == end) return total<F>(lanes);
  }
  alignas(64) T rest[kLanes];
  for (T& element : rest) element = F::identity();
  for (std::int64_t j = 0; i + j < end; ++j) rest[j] = load.template operator()<T>(i + j);
  const Lanes last = load_group<T, kLanes>(Plain<T>{rest}, 0);
  return total<F>(n >= kLanes ? combine<F>(lanes, last) : last);
}

/// Combines the values of blocks, or of lanes; push in rising order, then take the total.
template <class F, class Value>
class BinaryCounter {
 public:
  [[gnu::always_inline]] void push(Value value) {
    for (std::int64_t bits = count_++; (bits & 1) != 0; bits >>= 1)
      value = combined(stack_[--size_], value);
    stack_[size_++] = value;
  }
  Value total() {
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): something was pushed before
    Value value = stack_[--size_];
    while (size_ > 0) value = combined(stack_[--size_], value);
    return value;
  }

 private:
  [[gnu::always_inline]] static Value combined(const Value& a, const Value& b) {
    if constexpr (std::is_arithmetic_v<Value>)
      return F::combine(a, b);
    else
      return combine<F>(a, b);
  }

  Value stack_[kMaxLevels];
  int size_ = 0;
  std::int64_t count_ = 0;
};

/// Folds load(0 .. n), where load.operator()<V>(i) gives the elements from i on as a V.
template <class F, class T, class Load>
T fold(const Load& load, std::int64_t n) {
  if (n == 0) return F::finish(F::identity());
  if (n <= kBlock) return F::finish(fold_block<F, T>(load, 0, n));
  BinaryCounter<F, T> blocks;
  for (std::int64_t i = 0; i < n; i += kBlock)
    blocks.push(fold_block<F, T>(load, i, n - i < kBlock ? n - i : kBlock));
  return F::finish(blocks.total());
}
template <class F, class T>
T fold(const T* x, std::int64_t n) {
  return fold<F, T>(Plain<T>{x}, n);
}

/// Sum of (x - mean)^2.
template <class T>
T sum_of_squared_deviations(const T* x, T mean, std::int64_t n) {
  return fold<Sum<T>, T>(
      [x, mean]<class V>(std::int64_t i) {
        const V difference = read<V>(x + i) - mean;
        return difference * difference;
      },
      n);
}

}  // namespace
}  // namespace gt::worker::native::GT_KERNEL_TARGET

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

/// F where no operand is NaN: the same value by one instruction.
template <class F>
struct Ordered;
template <class T>
struct Ordered<Maximum<T>> {
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    return a > b ? a : b;
  }
};
template <class T>
struct Ordered<Minimum<T>> {
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) {
    return a < b ? a : b;
  }
};
template <class F>
concept LooksForNaN = math::is_floating_value<decltype(F::identity())> && requires {
  { Ordered<F>::combine(F::identity(), F::identity()) };
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

/// bfloat16 elements, which are folded as floats.
struct BFloat16Elements {
  const std::uint16_t* elements;
};

/// Of pairs of bfloat16 elements the first (second) ones as floats: little-endian words need a
/// shift or a mask and no widening.
template <bool kSecond>
struct HalfOfPairs {
  const std::uint16_t* elements;
  template <class V>
  [[gnu::always_inline]] V operator()(std::int64_t pair) const {
    constexpr std::size_t kElementBytes = sizeof(float);
    using Words = Vector<std::uint32_t, static_cast<int>(sizeof(V) / kElementBytes)>;
    Words words;
    __builtin_memcpy(&words, elements + 2 * pair, sizeof words);
    const Words bits = kSecond ? words & 0xFFFF0000u : words << 16;
    V value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
  }
};
/// Groups of the N first and the N second elements of pairs.
template <int N>
struct Pairs {
  Group<float, N> first;
  Group<float, N> second;
};
template <int N>
[[gnu::always_inline]] inline Pairs<N> load_pairs(const std::uint16_t* from) {
  return {load_group<float, N>(HalfOfPairs<false>{from}, 0),
          load_group<float, N>(HalfOfPairs<true>{from}, 0)};
}
template <class F, int N>
[[gnu::always_inline]] inline Pairs<N> combine(const Pairs<N>& a, const Pairs<N>& b) {
  return {combine<F>(a.first, b.first), combine<F>(a.second, b.second)};
}

/// Folds n elements, 0 < n <= kBlock: lanes 0, 2, ... lie in one group and 1, 3, ... in the other.
template <class F>
float fold_bfloat16_block(const std::uint16_t* x, std::int64_t n) {
  constexpr int kPairs = kLanes / 2;
  const float identity = F::identity();
  std::uint32_t identity_bits;
  __builtin_memcpy(&identity_bits, &identity, sizeof identity_bits);
  alignas(64) std::uint16_t rest[kLanes];
  const std::int64_t whole = n / kLanes * kLanes;
  for (std::int64_t j = 0; j < kLanes; ++j)
    rest[j] = whole + j < n ? x[whole + j] : static_cast<std::uint16_t>(identity_bits >> 16);
  Pairs<kPairs> lanes = load_pairs<kPairs>(whole > 0 ? x : rest);
  for (std::int64_t i = kLanes; i < whole; i += kLanes)
    lanes = combine<F>(lanes, load_pairs<kPairs>(x + i));
  if (whole > 0 && whole < n) lanes = combine<F>(lanes, load_pairs<kPairs>(rest));
  return F::combine(total<F>(lanes.first), total<F>(lanes.second));
}

/// The elements first + i, or the identity where i >= n, for i < kLanes.
template <class F, class T, class Load>
Group<T, kLanes> filled_up(const Load& load, std::int64_t first, std::int64_t n) {
  alignas(64) T rest[kLanes];
  for (T& element : rest) element = F::identity();
  for (std::int64_t i = 0; i < n; ++i) rest[i] = load.template operator()<T>(first + i);
  return load_group<T, kLanes>(Plain<T>{rest}, 0);
}

template <class F, class T, class Load>
T fold_lanes(const Load& load, std::int64_t first, std::int64_t n) {
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
  const Lanes last = filled_up<F, T>(load, i, end - i);
  return total<F>(n >= kLanes ? combine<F>(lanes, last) : last);
}

/// The same as fold_lanes for n >= kLanes. A sum shows whether there is a NaN, in one instruction;
/// two infinities are taken for one, which costs time alone.
template <LooksForNaN F, class T, class Load>
T fold_ordered_lanes(const Load& load, std::int64_t first, std::int64_t n) {
  const std::int64_t end = first + n;
  Group<T, kLanes> lanes = load_group<T, kLanes>(load, first);
  Group<T, kLanes> sums = lanes;
  std::int64_t i = first + kLanes;
  for (; i + kLanes <= end; i += kLanes) {
    const Group<T, kLanes> elements = load_group<T, kLanes>(load, i);
    lanes = combine<Ordered<F>>(lanes, elements);
    sums = combine<Sum<T>>(sums, elements);
  }
  if (i < end) {
    const Group<T, kLanes> elements = filled_up<F, T>(load, i, end - i);
    lanes = combine<Ordered<F>>(lanes, elements);
    sums = combine<Sum<T>>(sums, elements);
  }
  const T sum = total<Sum<T>>(sums);
  return sum == sum ? total<Ordered<F>>(lanes) : fold_lanes<F, T>(load, first, n);
}

/// Folds load(first .. first + n), 0 < n <= kBlock.
template <class F, class T, class Load>
T fold_block(const Load& load, std::int64_t first, std::int64_t n) {
  if constexpr (__is_same(Load, BFloat16Elements))
    return fold_bfloat16_block<F>(load.elements + first, n);
  else if constexpr (LooksForNaN<F>)
    return n < kLanes ? fold_lanes<F, T>(load, first, n) : fold_ordered_lanes<F, T>(load, first, n);
  else
    return fold_lanes<F, T>(load, first, n);
}

/// `lane` with its lowest log2(lanes) bits in reverse order.
inline std::int64_t bit_reversed(std::int64_t lane, std::int64_t lanes) {
  std::int64_t reversed = 0;
  for (std::int64_t bit = 1; bit < lanes; bit *= 2, lane /= 2) reversed = reversed * 2 + lane % 2;
  return reversed;
}

/// Lanes that can hold an element of a block of n: a power of two, at most kLanes.
inline std::int64_t lane_count(std::int64_t n) {
  std::int64_t lanes = 1;
  while (lanes < n && lanes < kLanes) lanes *= 2;
  return lanes;
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

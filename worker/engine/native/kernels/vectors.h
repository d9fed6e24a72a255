// Vectors of the instruction set that is compiled for, and groups of them: N elements as one value
// that lies in registers.
#pragma once

#include <cstdint>
#include <utility>

#include "common/ops/arithmetic/functions.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

namespace math = arithmetic::GT_KERNEL_TARGET;

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

/// Elements of T in a vector of full width.
template <class T>
inline constexpr int kVectorLength = kVectorBytes / static_cast<int>(sizeof(T));

/// N elements of T with the arithmetic of T, element by element; N = 1 is T itself.
template <class T, int N>
struct VectorOf {
  typedef T Type __attribute__((vector_size(N * sizeof(T))));
};
template <class T>
struct VectorOf<T, 1> {
  using Type = T;
};
template <class T, int N>
using Vector = typename VectorOf<T, N>::Type;

/// The N elements at `from`, wherever that lies.
template <class V, class T>
[[gnu::always_inline]] inline V read(const T* from) {
  V value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

template <class V, class T>
[[gnu::always_inline]] inline void write(V value, T* to) {
  __builtin_memcpy(to, &value, sizeof value);
}

/// step.operator()<V>(i) for all i < n: by vectors, then, with V = T, by elements.
template <class T, class Step>
[[gnu::always_inline]] inline void for_each_vector(std::int64_t n, const Step& step) {
  std::int64_t i = 0;
  for (; i + kVectorLength<T> <= n; i += kVectorLength<T>)
    step.template operator()<Vector<T, kVectorLength<T>>>(i);
  for (; i < n; ++i) step.template operator()<T>(i);
}

/// N elements, a power of two: one vector, or two groups of half the length.
template <class T, int N, bool IsVector = (N <= kVectorLength<T>)>
struct Group {
  Group<T, N / 2> low;
  Group<T, N / 2> high;
};
template <class T, int N>
struct Group<T, N, true> {
  Vector<T, N> value;
};

/// The group of load.operator()<V>(i), the elements from i on as a V, for each of its vectors.
template <class T, int N, class Load>
[[gnu::always_inline]] inline Group<T, N> load_group(const Load& load, std::int64_t first) {
  if constexpr (N <= kVectorLength<T>)
    return { load.template operator()<Vector<T, N>>(first) };
  else
    return {load_group<T, N / 2>(load, first), load_group<T, N / 2>(load, first + N / 2)};
}

template <class T, int N>
[[gnu::always_inline]] inline void write(const Group<T, N>& group, T* to) {
  if constexpr (N <= kVectorLength<T>) {
    __builtin_memcpy(to, &group.value, sizeof group.value);
  } else {
    write(group.low, to);
    write(group.high, to + N / 2);
  }
}

/// F::combine of two groups, element by element.
template <class F, class T, int N>
[[gnu::always_inline]] inline Group<T, N> combine(const Group<T, N>& a, const Group<T, N>& b) {
  if constexpr (N <= kVectorLength<T>)
    return {F::combine(a.value, b.value)};
  else
    return {combine<F>(a.low, b.low), combine<F>(a.high, b.high)};
}

template <class V, int... K>
[[gnu::always_inline]] inline auto low_half(V v, std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(v, v, K...);
}
template <class V, int... K>
[[gnu::always_inline]] inline auto high_half(V v, std::integer_sequence<int, K...>) {
  return __builtin_shufflevector(v, v, static_cast<int>(sizeof...(K)) + K...);
}

/// Element j takes in element j + N / 2, then j + N / 4, ... + 1.
template <class F, class T, int N>
[[gnu::always_inline]] inline T total(const Group<T, N>& group) {
  if constexpr (N > kVectorLength<T>) {
    return total<F>(combine<F>(group.low, group.high));
  } else if constexpr (N > 2) {
    const auto half = std::make_integer_sequence<int, N / 2>{};
    return total<F>(
        Group<T, N / 2>{F::combine(low_half(group.value, half), high_half(group.value, half))});
  } else {
    return F::combine(T(group.value[0]), T(group.value[1]));
  }
}

}  // namespace
}  // namespace gt::worker::native::GT_KERNEL_TARGET

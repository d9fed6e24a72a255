#include "common/tensor/dtype.h"
#include "common/tensor/half.h"
#include "worker/engine/native/kernels/fill.h"

#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// A byte that is 0 or 1.
struct Boolean {
  std::uint8_t byte;
};

template <class T, class Stored>
[[gnu::always_inline]] inline T to_compute(Stored stored) {
  if constexpr (__is_same(Stored, Boolean))
    return static_cast<T>(stored.byte != 0 ? 1 : 0);
  else if constexpr (__is_same(Stored, Half) || __is_same(Stored, BFloat16))
    return static_cast<T>(static_cast<float>(stored));
  else
    return static_cast<T>(stored);
}

/// Floats become narrow integers by way of int64, so that they wrap instead of being undefined.
template <class Stored, class T>
[[gnu::always_inline]] inline Stored to_stored(T value) {
  if constexpr (__is_same(Stored, Boolean))
    return Boolean{static_cast<std::uint8_t>(value != T(0) ? 1 : 0)};
  else if constexpr (__is_same(Stored, Half) || __is_same(Stored, BFloat16))
    return Stored(static_cast<float>(value));
  else if constexpr (__is_same(Stored, float) || __is_same(Stored, double))
    return static_cast<Stored>(value);
  else
    return static_cast<Stored>(static_cast<std::int64_t>(value));
}

/// Converts as many float16 elements as the instruction set takes at a time; returns how many.
template <class Stored, class T>
std::int64_t load_vectors([[maybe_unused]] const Stored* x, [[maybe_unused]] T* y,
                          [[maybe_unused]] std::int64_t n) {
  std::int64_t i = 0;
#if defined(__F16C__)
  if constexpr (__is_same(Stored, Half) && __is_same(T, float))
    for (; i + 8 <= n; i += 8)
      _mm256_storeu_ps(y + i,
                       _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))));
#endif
  return i;
}
template <class T, class Stored>
std::int64_t store_vectors([[maybe_unused]] const T* x, [[maybe_unused]] Stored* y,
                           [[maybe_unused]] std::int64_t n) {
  std::int64_t i = 0;
#if defined(__F16C__)
  if constexpr (__is_same(Stored, Half) && __is_same(T, float))
    for (; i + 8 <= n; i += 8)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i),
                       _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#endif
  return i;
}

// flatten: the conversions of half.h must not be emitted as functions of this instruction set.
template <class Stored, class T>
[[gnu::flatten]] void load(const void* in, std::int64_t stride, void* out, std::int64_t n) {
  const Stored* x = static_cast<const Stored*>(in);
  T* y = static_cast<T*>(out);
  if (stride == 1) {
    for (std::int64_t i = load_vectors(x, y, n); i < n; ++i) y[i] = to_compute<T>(x[i]);
  } else if (stride == 0) {
    const T value = to_compute<T>(*x);
    for (std::int64_t i = 0; i < n; ++i) y[i] = value;
  } else {
    for (std::int64_t i = 0; i < n; ++i) y[i] = to_compute<T>(x[i * stride]);
  }
}

template <class T, class Stored>
[[gnu::flatten]] void store(const void* in, void* out, std::int64_t n) {
  const T* x = static_cast<const T*>(in);
  Stored* y = static_cast<Stored*>(out);
  for (std::int64_t i = store_vectors(x, y, n); i < n; ++i) y[i] = to_stored<Stored>(x[i]);
}

template <class Stored>
void fill_storage(KernelTable& table, DType dtype) {
  const auto d = static_cast<int>(dtype);
  table.load[d][static_cast<int>(ComputeType::kFloat)] = &load<Stored, float>;
  table.load[d][static_cast<int>(ComputeType::kDouble)] = &load<Stored, double>;
  table.load[d][static_cast<int>(ComputeType::kInteger)] = &load<Stored, std::int64_t>;
  table.store[static_cast<int>(ComputeType::kFloat)][d] = &store<float, Stored>;
  table.store[static_cast<int>(ComputeType::kDouble)][d] = &store<double, Stored>;
  table.store[static_cast<int>(ComputeType::kInteger)][d] = &store<std::int64_t, Stored>;
}

}  // namespace

void fill_conversions(KernelTable& table) {
  fill_storage<std::uint8_t>(table, DType::kUInt8);
  fill_storage<std::int8_t>(table, DType::kInt8);
  fill_storage<std::int16_t>(table, DType::kInt16);
  fill_storage<std::int32_t>(table, DType::kInt32);
  fill_storage<std::int64_t>(table, DType::kInt64);
  fill_storage<Half>(table, DType::kFloat16);
  fill_storage<float>(table, DType::kFloat32);
  fill_storage<double>(table, DType::kFloat64);
  fill_storage<Boolean>(table, DType::kBool);
  fill_storage<BFloat16>(table, DType::kBFloat16);
  fill_storage<std::uint16_t>(table, DType::kUInt16);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

// Digests of results, and operands that are the same on every machine.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace gt::kernels {

/// FNV-1a of 64 bits over the bytes of results, little-endian. All NaN count as one: their payload
/// is not part of a result.
class Digest {
 public:
  template <class T>
  void add(std::span<const T> values) {
    for (T value : values) add(value);
  }
  template <class T>
  void add(T value) {
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(value)) value = std::numeric_limits<T>::infinity();
    unsigned char bytes[sizeof(T)];
    __builtin_memcpy(bytes, &value, sizeof(T));
    for (unsigned char byte : bytes) state_ = (state_ ^ byte) * 0x100000001B3u;
    if constexpr (std::is_floating_point_v<T>) state_ ^= std::uint64_t{std::isinf(value)} << 7;
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return state_; }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325u;
};

/// Knuth's MMIX generator: its upper bits.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}
  std::uint32_t bits() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 32);
  }
  /// Uniform in [-largest, largest), exact in single precision.
  double number(double largest) {
    return (static_cast<double>(bits() >> 8) * 0x1p-23 - 1.0) * largest;
  }

 private:
  std::uint64_t state_;
};

template <class T>
std::vector<T> numbers(Draws& draws, std::int64_t n, double largest) {
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& value : values) value = static_cast<T>(draws.number(largest));
  return values;
}

/// Numbers with zeros, infinities, NaN, denormal and large ones among them; integers without 0.
template <class T>
std::vector<T> operands(Draws& draws, std::int64_t n) {
  std::vector<T> values = numbers<T>(draws, n, 24.0);
  if constexpr (std::is_floating_point_v<T>) {
    using Limits = std::numeric_limits<T>;
    const T specials[] = {T(0),
                          T(-0.0),
                          T(1),
                          Limits::infinity(),
                          -Limits::infinity(),
                          Limits::quiet_NaN(),
                          Limits::denorm_min(),
                          Limits::max(),
                          Limits::min(),
                          T(1e-30),
                          T(-1e5),
                          T(1e15)};
    // The first half stays moderate, so that the short ways are taken as well.
    for (std::size_t i = values.size() / 2; i < values.size(); i += 3)
      values[i] = specials[draws.bits() % std::size(specials)];
  } else {
    for (T& value : values) value = value == 0 ? T(3) : value;
  }
  return values;
}

}  // namespace gt::kernels

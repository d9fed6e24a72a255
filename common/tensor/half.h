// float16 and bfloat16 as storage types: arithmetic happens in float, results round to nearest
// even.
#pragma once

#include <bit>
#include <cstdint>

namespace gt {

/// IEEE 754 binary16 from float, round to nearest even, with denormals, infinities and NaN.
[[nodiscard]] constexpr std::uint16_t float_to_half_bits(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude >= 0x7F800000u)
    return static_cast<std::uint16_t>(sign | 0x7C00u | (magnitude > 0x7F800000u ? 0x200u : 0u));
  if (magnitude >= 0x477FF000u) return static_cast<std::uint16_t>(sign | 0x7C00u);
  if (magnitude < 0x38800000u) {
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000u));
  }
  magnitude += 0xFFFu + ((magnitude >> 13) & 1u) - 0x38000000u;
  return static_cast<std::uint16_t>(sign | (magnitude >> 13));
}

/// Float from IEEE 754 binary16; exact.
[[nodiscard]] constexpr float half_bits_to_float(std::uint16_t half) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1Fu;
  const std::uint32_t mantissa = half & 0x3FFu;
  if (exponent == 0x1Fu) return std::bit_cast<float>(sign | 0x7F800000u | (mantissa << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
  const float denormal = static_cast<float>(mantissa) * 0x1p-24f;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(denormal) | sign);
}

/// bfloat16 from float, round to nearest even; NaN stays NaN.
[[nodiscard]] constexpr std::uint16_t float_to_bfloat16_bits(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>(0x7FC0u);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

[[nodiscard]] constexpr float bfloat16_bits_to_float(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// A float16 element. Converts to and from float; two bytes, the layout of IEEE binary16.
struct Half {
  std::uint16_t bits = 0;
  constexpr Half() = default;
  constexpr Half(float value) noexcept : bits(float_to_half_bits(value)) {}
  constexpr operator float() const noexcept { return half_bits_to_float(bits); }
};

/// A bfloat16 element. Converts to and from float; the upper two bytes of a float.
struct BFloat16 {
  std::uint16_t bits = 0;
  constexpr BFloat16() = default;
  constexpr BFloat16(float value) noexcept : bits(float_to_bfloat16_bits(value)) {}
  constexpr operator float() const noexcept { return bfloat16_bits_to_float(bits); }
};

}  // namespace gt

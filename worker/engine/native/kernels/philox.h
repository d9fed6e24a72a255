// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), and which of
// its words make which element.
//
// The key is the seed; the 128-bit counter of block b of the stream (seed, counter) is
// (b low, b high, counter low, counter high). Each block gives four 32-bit words.
//
//   one word an element (32-bit draws)    element i: word i % 4 of block i / 4
//   two words an element (64-bit draws)   element i: words 2 (i % 2), 2 (i % 2) + 1 of block i / 2,
//                                         the first one low
//
// float uniform: the upper 24 bits of the word times 2^-24; double uniform: the upper 53 bits times
// 2^-53. Normal values come in pairs by Box-Muller, from the uniform draws of elements 2k and
// 2k + 1: radius sqrt(-2 log(1 - u)), angle 2 pi v; cos for the even element, sin for the odd one.
// A value depends on seed, counter and its row-major index alone.
#pragma once

#include <cstdint>

#ifndef GT_KERNEL_TARGET
#define GT_KERNEL_TARGET portable
#endif

namespace gt::random {
inline namespace GT_KERNEL_TARGET {

struct PhiloxBlock {
  std::uint32_t words[4];
};

[[gnu::always_inline]] inline PhiloxBlock philox(std::uint64_t key, std::uint64_t low,
                                                 std::uint64_t high) {
  std::uint32_t c0 = static_cast<std::uint32_t>(low);
  std::uint32_t c1 = static_cast<std::uint32_t>(low >> 32);
  std::uint32_t c2 = static_cast<std::uint32_t>(high);
  std::uint32_t c3 = static_cast<std::uint32_t>(high >> 32);
  std::uint32_t k0 = static_cast<std::uint32_t>(key);
  std::uint32_t k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * c0;
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ k0;
    c2 = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<std::uint32_t>(product1);
    c3 = static_cast<std::uint32_t>(product0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {{c0, c1, c2, c3}};
}

/// The 32-bit and the 64-bit draw of element `index`.
[[gnu::always_inline]] inline std::uint32_t draw32(std::uint64_t seed, std::uint64_t counter,
                                                   std::uint64_t index) {
  return philox(seed, index / 4, counter).words[index % 4];
}
[[gnu::always_inline]] inline std::uint64_t draw64(std::uint64_t seed, std::uint64_t counter,
                                                   std::uint64_t index) {
  const PhiloxBlock block = philox(seed, index / 2, counter);
  const std::uint64_t first = 2 * (index % 2);
  return (std::uint64_t{block.words[first + 1]} << 32) | block.words[first];
}

}  // namespace GT_KERNEL_TARGET
}  // namespace gt::random

// The hash of seals with wider vectors.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gt::transport {

/// XXH3 (64 bits) of so many bytes, on processors with AVX2 alone: the same number as XXH3_64bits,
/// in half the time. Compiled by itself, so that nothing else uses these instructions.
[[nodiscard]] std::uint64_t hash_with_avx2(const void* bytes, std::size_t count) noexcept;

}  // namespace gt::transport

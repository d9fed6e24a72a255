// Shapes and strides of at most eight dimensions, held in place.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/inline_vector.h"

namespace gt {

inline constexpr std::size_t kMaxDimensions = 8;

/// Sizes of the dimensions, outermost first. A 0-dim tensor has an empty shape and one element.
using Shape = InlineVector<std::int64_t, kMaxDimensions>;
/// Elements (not bytes) between neighbours along each dimension.
using Strides = InlineVector<std::int64_t, kMaxDimensions>;

/// Product of the sizes; 1 for a 0-dim shape.
[[nodiscard]] constexpr std::int64_t element_count(std::span<const std::int64_t> sizes) noexcept {
  std::int64_t count = 1;
  for (std::int64_t size : sizes) count *= size;
  return count;
}

/// Row-major strides; dimensions of size 0 count as 1, as in LibTorch.
[[nodiscard]] Strides contiguous_strides(std::span<const std::int64_t> sizes);
/// Whether elements lie in row-major order without gaps (strides of size-1 dimensions are free).
[[nodiscard]] bool is_contiguous(std::span<const std::int64_t> sizes,
                                 std::span<const std::int64_t> strides) noexcept;
/// `[2, 3]`, as LibTorch prints sizes.
[[nodiscard]] std::string to_string(std::span<const std::int64_t> sizes);

}  // namespace gt

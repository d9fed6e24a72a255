// The windows of pooling: what the rules, both CPU engines and the plugin of LibTorch share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gt {

/// One dim of a window, in elements of that dim.
struct PoolingDim {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;

  /// Positions of the window over `size` elements, by ATen's pooling_output_shape: with
  /// `ceil_mode` the last one may hang over, if it begins within the elements or the left padding.
  /// All fields must have passed the shape rules, and so must `size`.
  [[nodiscard]] std::int64_t output_size(std::int64_t size, bool ceil_mode) const noexcept {
    const std::int64_t room = size + 2 * padding - dilation * (kernel - 1) - 1;
    const std::int64_t rounded = room + (ceil_mode ? stride - 1 : 0);
    const std::int64_t whole = rounded >= 0 ? rounded / stride : -((stride - 1 - rounded) / stride);
    const std::int64_t count = whole + 1;
    return ceil_mode && (count - 1) * stride >= size + padding ? count - 1 : count;
  }
};

/// The attribute `window`: kernel_size, stride, padding and (where there are eight numbers)
/// dilation, two each.
struct PoolingWindow {
  PoolingDim dims[2];  ///< height, width

  PoolingWindow() = default;
  explicit PoolingWindow(std::span<const std::int64_t> window) {
    for (std::size_t d = 0; d < 2; ++d) {
      dims[d].kernel = window[d];
      dims[d].stride = window[2 + d];
      dims[d].padding = window[4 + d];
      if (window.size() == 8) dims[d].dilation = window[6 + d];
    }
  }
};

/// Elements begin to end - 1 of a dim that fall into one mean, and how many count as averaged.
struct PoolingRange {
  std::int64_t begin;
  std::int64_t end;
  std::int64_t divisor;
};

/// Range `k` of the windows of avg_pool2d over `size` elements.
[[nodiscard]] inline PoolingRange average_range(const PoolingDim& dim, std::int64_t k,
                                                std::int64_t size, bool count_padding) noexcept {
  const std::int64_t first = k * dim.stride - dim.padding;
  const std::int64_t padded_end = std::min(first + dim.kernel, size + dim.padding);
  const std::int64_t begin = std::max<std::int64_t>(first, 0);
  const std::int64_t end = std::max(begin, std::min(padded_end, size));
  return {begin, end, count_padding ? padded_end - first : end - begin};
}

/// Range `k` of `count` that cover `size` elements evenly, as adaptive_avg_pool2d cuts them.
[[nodiscard]] inline PoolingRange adaptive_range(std::int64_t k, std::int64_t count,
                                                 std::int64_t size) noexcept {
  const std::int64_t begin = k / count * size + k % count * size / count;
  const std::int64_t end = 1 + ((k + 1) * size - 1) / count;
  return {begin, end, end - begin};
}

}  // namespace gt

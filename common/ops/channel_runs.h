// How sums over the elements of a channel of (N, C, ...) are ordered: what the engine's batch norm
// and its decomposition share.
#pragma once

#include <cstdint>
#include <span>

namespace gt {

/// Elements of one channel of one image that lie together.
[[nodiscard]] inline std::int64_t channel_run(std::span<const std::int64_t> shape) noexcept {
  std::int64_t run = 1;
  for (std::size_t d = 2; d < shape.size(); ++d) run *= shape[d];
  return run;
}

/// Whether the runs of a channel are folded as one, image after image, because they are short; else
/// each run is folded by itself, and then what the runs gave.
[[nodiscard]] inline bool joins_channel_runs(std::span<const std::int64_t> shape) noexcept {
  constexpr std::int64_t kShortRun = 16;
  return channel_run(shape) < kShortRun;
}

}  // namespace gt

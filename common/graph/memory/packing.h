// Intervals of time and bytes in one stretch of memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gt::graph {

/// `bytes` are needed in the steps [first, last].
struct Interval {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::int64_t bytes = 0;
};
struct Packing {
  std::vector<std::int64_t> offsets;  ///< of each interval
  std::int64_t bytes = 0;             ///< of the stretch
};
/// The better of two orders, the largest first and the earliest first; each interval goes to the
/// lowest offset at which nothing lies that is needed at the same time.
[[nodiscard]] Packing pack_intervals(std::span<const Interval> intervals);

}  // namespace gt::graph

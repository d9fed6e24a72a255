#include "common/graph/memory/packing.h"

#include <algorithm>
#include <numeric>

namespace gt::graph {
namespace {

Packing pack_in_order(std::span<const Interval> intervals, std::span<const std::size_t> order) {
  Packing packing;
  packing.offsets.resize(intervals.size());
  std::vector<std::size_t> placed;  // by offset
  for (std::size_t i : order) {
    const Interval& interval = intervals[i];
    std::int64_t offset = 0;
    for (std::size_t other : placed) {
      const Interval& taken = intervals[other];
      if (taken.last < interval.first || interval.last < taken.first) continue;
      if (packing.offsets[other] >= offset + interval.bytes) break;
      offset = std::max(offset, packing.offsets[other] + taken.bytes);
    }
    packing.offsets[i] = offset;
    packing.bytes = std::max(packing.bytes, offset + interval.bytes);
    const auto behind = std::upper_bound(
        placed.begin(), placed.end(), offset,
        [&](std::int64_t at, std::size_t other) { return at < packing.offsets[other]; });
    placed.insert(behind, i);
  }
  return packing;
}

}  // namespace

Packing pack_intervals(std::span<const Interval> intervals) {
  std::vector<std::size_t> order(intervals.size());
  std::iota(order.begin(), order.end(), 0);
  const Packing by_time = pack_in_order(intervals, order);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return intervals[a].bytes > intervals[b].bytes;
  });
  Packing by_size = pack_in_order(intervals, order);
  return by_size.bytes <= by_time.bytes ? by_size : by_time;
}

}  // namespace gt::graph

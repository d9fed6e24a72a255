// Where a loop is cut into units.
#include <algorithm>

#include "common/sequence/unit.h"

namespace gt::sequence {
namespace {

/// Bytes of the loop's results that cross each cut. Offset `c` is the cut before the element at
/// `first + c` in every period.
std::vector<std::uint64_t> crossing_bytes(const History& history, Position first,
                                          std::uint32_t period) {
  // changes[c]: what begins to cross at c, less what ended before it; unsigned sums may wrap.
  std::vector<std::uint64_t> changes(period + 1, 0);
  for (std::uint32_t made = 0; made < period; ++made) {
    const ElementRecord& element = history[first + made];
    for (std::uint8_t r = 0; r < element.results; ++r) {
      const ResultRecord& result = history.result(element, r);
      // What lives for a period or longer crosses every cut: it decides nothing.
      if (result.last_use == 0 || result.last_use >= period) continue;
      const std::uint32_t begin = made + 1, end = made + result.last_use + 1;
      changes[begin] += result.bytes;
      if (end > period) changes[0] += result.bytes;
      changes[end > period ? end - period : end] -= result.bytes;
    }
  }
  for (std::uint32_t c = 1; c < period; ++c) changes[c] += changes[c - 1];
  changes.resize(period);
  return changes;
}

}  // namespace

Position best_cut(const History& history, Position second, std::uint32_t period) {
  const Position first = second - period;
  const std::vector<std::uint64_t> bytes = crossing_bytes(history, first, period);
  const auto is_within_loop = [&](std::uint32_t offset) {
    const std::uint32_t run = history[second + offset].shortest_run;
    return run != 0 && run < period;
  };
  std::uint32_t best = 0;
  bool best_is_within = is_within_loop(0);
  for (std::uint32_t offset = 1; offset < period; ++offset) {
    const bool is_within = is_within_loop(offset);
    const bool is_better =
        is_within != best_is_within ? best_is_within : bytes[offset] < bytes[best];
    if (!is_better) continue;
    best = offset;
    best_is_within = is_within;
  }
  return best == 0 ? second : first + best;
}

}  // namespace gt::sequence

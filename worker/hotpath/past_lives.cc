#include "worker/hotpath/past_lives.h"

#include <algorithm>
#include <vector>

namespace gt::worker::hotpath {
namespace {

using sequence::History;
using sequence::Position;

/// Beginnings of the executions that follow each other up to the one at `begin`.
std::vector<Position> past_executions(const History& history, const sequence::Unit& unit,
                                      Position begin) {
  std::vector<Position> begins;
  const Position length = unit.length();
  while (begin >= history.oldest() + length && is_instance(history, unit, begin - length))
    begins.push_back(begin -= length);
  return begins;
}

}  // namespace

void keep_past_lives(Recording& recording, const History& history, const sequence::Unit& unit,
                     Position begin) {
  const std::vector<Position> begins = past_executions(history, unit, begin);
  for (RecordedSegment& segment : recording.segments) {
    std::vector<ValueId> alive;
    for (std::uint32_t e = segment.first; e < segment.last; ++e)
      for (std::uint32_t k = 0; k < unit.elements[e].results; ++k) {
        const ValueId result = recording.elements[e].first_output + k;
        const auto lived_on = [&](Position past) {
          return history.result(history[past + e], k).death >= segment.last - e;
        };
        if (std::binary_search(segment.alive.begin(), segment.alive.end(), result) ||
            std::any_of(begins.begin(), begins.end(), lived_on))
          alive.push_back(result);
      }
    segment.alive = std::move(alive);
  }
}

}  // namespace gt::worker::hotpath

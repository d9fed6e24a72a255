// Which values of a unit outlive the segments of an execution.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "worker/hotpath/program_cache.h"
#include "worker/hotpath/recording.h"

namespace gt::worker::hotpath {

/// Numbers rise, and mean the same in every execution that is cut at the same places.
struct SegmentLives {
  std::vector<std::uint32_t> alive;  ///< of its results: they existed after the segment
  std::vector<std::uint32_t> died;  ///< of its inputs, as they first occur: nobody named them later
  friend bool operator==(const SegmentLives&, const SegmentLives&) = default;
};
using Lives = std::vector<SegmentLives>;  ///< by segment

[[nodiscard]] Lives lives_of(const Recording& recording);
void set_lives(Recording& recording, const Lives& lives);

/// A program for these fits executions of both: what one of them leaves alive is alive, and dead is
/// what is dead in both.
[[nodiscard]] Lives join(const Lives& a, const Lives& b);
/// Whether a program for `wide` fits executions like `other`: an input that lives on is no trouble.
[[nodiscard]] bool covers(const Lives& wide, const Lives& other);

/// Executions whose lives can be compared: those of one unit that are cut at the same places,
/// whatever their sizes. The same in every process.
[[nodiscard]] sequence::Hash128 identify_form(const Recording& recording,
                                              const sequence::Hash128& structure);

/// As the cache keeps them.
[[nodiscard]] ProgramObjects to_objects(const Lives& lives);
/// Nothing if that is not what the objects hold.
[[nodiscard]] std::optional<Lives> lives_from(const ProgramObjects& objects);

}  // namespace gt::worker::hotpath

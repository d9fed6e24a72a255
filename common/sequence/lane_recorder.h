// From the instructions of a lane to elements: the door through which streams enter the room.
#pragma once

#include <optional>
#include <vector>

#include "common/sequence/history.h"

namespace gt::sequence {

/// Keeps the history of one lane up to date. Instructions of class communication are no elements:
/// uploads and receives make external values, fetches and sends are observations, releases are
/// deaths; all three stand outside of identity.
class LaneRecorder {
 public:
  /// Both are borrowed. Kinds are defined in the catalog before their first instruction.
  LaneRecorder(History& history, const KindCatalog& kinds) : history_(history), kinds_(kinds) {}

  /// Takes the next instruction, in either form, with the id of its first result. `result_bytes`
  /// are the sizes of its results, empty where they are not known yet. Gives the position of the
  /// element, or nothing if it is none.
  std::optional<Position> take(const Instruction& instruction, ValueId first_result,
                               std::span<const std::uint64_t> result_bytes = {});

 private:
  History& history_;
  const KindCatalog& kinds_;
  std::vector<ValueId> operands_;       // of one instruction; kept to spare allocations
  std::vector<std::uint64_t> extents_;  // the same
};

}  // namespace gt::sequence

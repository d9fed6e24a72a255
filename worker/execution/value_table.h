// The live values of one session by id.
#pragma once

#include <memory>

#include "common/ops/id_table.h"
#include "common/protocol/messages.h"
#include "worker/engine/value.h"

namespace gt::worker {

/// Why a value does not exist. Shared by everything that depends on the same failure.
using Poison = std::shared_ptr<const protocol::ErrorRecord>;

/// A value, or what made it fail.
struct TableEntry {
  /// Of a poisoned entry its fallback, the last sound value behind it; without a buffer if there is
  /// none.
  Value value;
  Poison poison;       ///< null for a sound value
  ValueId origin = 0;  ///< of a poisoned entry: the number that its fallback had

  void clear() noexcept {
    value.buffer.reset();
    poison.reset();
    origin = 0;
  }
};

using ValueTable = IdTable<TableEntry>;

}  // namespace gt::worker

// The live values of one session by id: open addressing, home slot from the low bits of the id.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "common/ops/instruction.h"
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
};

/// Maps ids to values. Ids of a lane rise by one, so the low bits spread them without a hash.
/// Pointers that `find` gives are valid until the next `insert` or `erase`.
class ValueTable {
 public:
  ValueTable();

  [[nodiscard]] TableEntry* find(ValueId id) noexcept;
  /// Adds the value, or replaces what has this id; returns false in the second case.
  bool insert(ValueId id, TableEntry&& entry);
  /// Returns false if there is no such value.
  bool erase(ValueId id);
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Slot {
    ValueId id = 0;
    std::uint32_t entry = kFree;
  };
  static constexpr std::uint32_t kFree = 0xFFFFFFFFu;

  [[nodiscard]] std::size_t home_of(ValueId id) const noexcept;
  [[nodiscard]] std::size_t slot_of(ValueId id) const noexcept;
  [[nodiscard]] std::uint32_t store(TableEntry&& entry);
  void grow();

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::vector<TableEntry> entries_;
  std::vector<std::uint32_t> free_entries_;
};

}  // namespace gt::worker

// The values of a lane that are known, by their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/ops/instruction.h"

namespace gt::sequence {

/// What is known of a value: its last occurrence and its maker.
struct ValueRecord {
  std::uint64_t last_symbol = 0;
  std::uint64_t producer = ~std::uint64_t{0};  ///< position of an element; ~0 for none
  std::uint8_t result = 0;                     ///< which of its results

  [[nodiscard]] bool has_producer() const noexcept { return producer != ~std::uint64_t{0}; }
};

/// Open addressing. Four consecutive ids are neighbours, since programs use them together; groups
/// are spread, since thousands of them may live and erasing one must not look at all.
class ValueMap {
 public:
  ValueMap() : slots_(kFirstSlots) {}

  /// Null if there is none. Valid until the next `set` or `erase`.
  [[nodiscard]] ValueRecord* find(ValueId id) noexcept {
    Slot& slot = slots_[slot_of(id)];
    return slot.is_used ? &slot.record : nullptr;
  }
  /// Adds the value or replaces its record.
  void set(ValueId id, const ValueRecord& record);
  /// Does nothing if there is none.
  void erase(ValueId id) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Erases all for which `is_old(record)` holds.
  template <class Predicate>
  void erase_if(Predicate is_old) {
    std::vector<ValueId> old;
    for (const Slot& slot : slots_)
      if (slot.is_used && is_old(slot.record)) old.push_back(slot.id);
    for (ValueId id : old) erase(id);
  }

 private:
  struct Slot {
    ValueId id = 0;
    ValueRecord record;
    bool is_used = false;
  };
  static constexpr std::size_t kFirstSlots = 256;
  static constexpr std::uint64_t kGroup = 4;

  [[nodiscard]] std::size_t home_of(ValueId id) const noexcept {
    const std::uint64_t group = (id / kGroup) * 0x9E3779B97F4A7C15ull;
    return ((group >> 32) * kGroup + id % kGroup) & (slots_.size() - 1);
  }
  /// The slot that holds the id, or the free one where it belongs.
  [[nodiscard]] std::size_t slot_of(ValueId id) const noexcept {
    std::size_t slot = home_of(id);
    while (slots_[slot].is_used && slots_[slot].id != id) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  void grow();

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace gt::sequence

// Values by their ids: open addressing, home slots of neighbouring ids beside each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/ops/instruction.h"

namespace gt {

/// Maps ids of values to entries. Ids of a lane rise by one, and those of one time are used
/// together: a few consecutive ones are neighbours. Such groups are spread, since thousands of
/// consecutive ids may live, and erasing one must not look at all of them. `Entry::clear()` lets go
/// of what an entry holds; the memory of erased entries, and what they keep when cleared, serves
/// later ones. Pointers to entries are valid until the next `make`, `insert` or `erase`.
template <class Entry>
class IdTable {
 public:
  IdTable() : slots_(kInitialSlots) {}

  [[nodiscard]] Entry* find(ValueId id) noexcept {
    const Slot& slot = slots_[slot_of(id)];
    return slot.entry == kFree ? nullptr : &entries_[slot.entry];
  }

  /// The entry of this id, cleared or new, and whether the id is new. Members that `clear` leaves
  /// alone have any value.
  std::pair<Entry&, bool> make(ValueId id);
  /// Adds the entry, or replaces what has this id; returns false in the second case.
  bool insert(ValueId id, Entry&& entry) {
    const auto [place, is_new] = make(id);
    place = std::move(entry);
    return is_new;
  }
  /// Returns false if there is no such value.
  bool erase(ValueId id);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Calls `visit(id, entry)` for all, in no particular order.
  template <class Visitor>
  void for_each(Visitor visit) {
    for (const Slot& slot : slots_)
      if (slot.entry != kFree) visit(slot.id, entries_[slot.entry]);
  }

 private:
  struct Slot {
    ValueId id = 0;
    std::uint32_t entry = kFree;
  };
  static constexpr std::uint32_t kFree = 0xFFFFFFFFu;
  static constexpr std::size_t kInitialSlots = 64;
  static constexpr std::uint64_t kGroup = 4;
  /// Spreads the groups: 2^64 divided by the golden ratio (Knuth, TAOCP 6.4).
  static constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15u;

  [[nodiscard]] std::size_t home_of(ValueId id) const noexcept {
    const std::uint64_t group = ((id / kGroup) * kSpread) >> 32;
    return (group * kGroup + id % kGroup) & (slots_.size() - 1);
  }
  /// The slot that holds the id, or the free one where it belongs.
  [[nodiscard]] std::size_t slot_of(ValueId id) const noexcept {
    std::size_t slot = home_of(id);
    while (slots_[slot].entry != kFree && slots_[slot].id != id)
      slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  [[nodiscard]] std::uint32_t take_entry();
  void grow();

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_entries_;
};

template <class Entry>
std::pair<Entry&, bool> IdTable<Entry>::make(ValueId id) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  Slot& slot = slots_[slot_of(id)];
  if (slot.entry != kFree) {
    Entry& entry = entries_[slot.entry];
    entry.clear();
    return {entry, false};
  }
  slot = {id, take_entry()};
  ++size_;
  return {entries_[slot.entry], true};
}

template <class Entry>
std::uint32_t IdTable<Entry>::take_entry() {
  if (free_entries_.empty()) {
    entries_.emplace_back();
    return static_cast<std::uint32_t>(entries_.size() - 1);
  }
  const std::uint32_t index = free_entries_.back();
  free_entries_.pop_back();
  return index;
}

template <class Entry>
bool IdTable<Entry>::erase(ValueId id) {
  std::size_t hole = slot_of(id);
  if (slots_[hole].entry == kFree) return false;
  entries_[slots_[hole].entry].clear();
  free_entries_.push_back(slots_[hole].entry);
  const std::size_t mask = slots_.size() - 1;
  // Later members of the probe sequence move up, so that no look-up ends at the hole too early.
  for (std::size_t next = (hole + 1) & mask; slots_[next].entry != kFree;
       next = (next + 1) & mask) {
    const std::size_t distance = (next - home_of(slots_[next].id)) & mask;
    if (distance < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole].entry = kFree;
  --size_;
  return true;
}

template <class Entry>
void IdTable<Entry>::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.entry != kFree) slots_[slot_of(slot.id)] = slot;
}

}  // namespace gt

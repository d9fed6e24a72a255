#include "worker/execution/value_table.h"

#include <utility>

namespace gt::worker {
namespace {

constexpr std::size_t kInitialSlots = 64;
/// Spreads the lanes over the table; odd, so that no two of a power of two meet.
constexpr std::uint64_t kLaneStride = 0x9E3779B97F4A7C15u;

}  // namespace

ValueTable::ValueTable() : slots_(kInitialSlots) {}

std::size_t ValueTable::home_of(ValueId id) const noexcept {
  return (id + lane_of(id) * kLaneStride) & (slots_.size() - 1);
}

/// The slot that holds the id, or the free one where it belongs.
std::size_t ValueTable::slot_of(ValueId id) const noexcept {
  std::size_t slot = home_of(id);
  while (slots_[slot].entry != kFree && slots_[slot].id != id)
    slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

TableEntry* ValueTable::find(ValueId id) noexcept {
  const Slot& slot = slots_[slot_of(id)];
  return slot.entry == kFree ? nullptr : &entries_[slot.entry];
}

std::uint32_t ValueTable::store(TableEntry&& entry) {
  if (free_entries_.empty()) {
    entries_.push_back(std::move(entry));
    return static_cast<std::uint32_t>(entries_.size() - 1);
  }
  const std::uint32_t index = free_entries_.back();
  free_entries_.pop_back();
  entries_[index] = std::move(entry);
  return index;
}

bool ValueTable::insert(ValueId id, TableEntry&& entry) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  Slot& slot = slots_[slot_of(id)];
  if (slot.entry != kFree) {
    entries_[slot.entry] = std::move(entry);
    return false;
  }
  slot = {id, store(std::move(entry))};
  ++size_;
  return true;
}

bool ValueTable::erase(ValueId id) {
  std::size_t hole = slot_of(id);
  if (slots_[hole].entry == kFree) return false;
  TableEntry& entry = entries_[slots_[hole].entry];
  entry.value.buffer.reset();
  entry.poison.reset();
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

void ValueTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.entry != kFree) slots_[slot_of(slot.id)] = slot;
}

}  // namespace gt::worker

#include "common/sequence/value_map.h"

namespace gt::sequence {

void ValueMap::set(ValueId id, const ValueRecord& record) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  Slot& slot = slots_[slot_of(id)];
  if (!slot.is_used) ++size_;
  slot = {id, record, true};
}

void ValueMap::erase(ValueId id) noexcept {
  std::size_t hole = slot_of(id);
  if (!slots_[hole].is_used) return;
  const std::size_t mask = slots_.size() - 1;
  // Later members of the probe sequence move up, so that no look-up ends at the hole too early.
  for (std::size_t next = (hole + 1) & mask; slots_[next].is_used; next = (next + 1) & mask) {
    const std::size_t distance = (next - home_of(slots_[next].id)) & mask;
    if (distance < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole].is_used = false;
  --size_;
}

void ValueMap::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.is_used) slots_[slot_of(slot.id)] = slot;
}

}  // namespace gt::sequence

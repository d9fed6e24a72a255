// Memory of a session's value records.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "client/src/session/value.h"

namespace gt::client {

/// Keeps the memory of ended records for the next ones, until the session is destroyed. Not
/// thread-safe: belongs to the session's lock.
class ValuePool {
 public:
  [[nodiscard]] ValueRecord* make(Sink& sink, ValueId id, const TensorMeta& meta) {
    if (free_ == nullptr) grow();
    Slot* slot = free_;
    free_ = slot->next;
    return new (slot->memory) ValueRecord(sink, id, meta);
  }
  void end(const ValueRecord* record) noexcept {
    static_assert(std::is_trivially_destructible_v<ValueRecord>);
    auto* slot = reinterpret_cast<Slot*>(const_cast<ValueRecord*>(record));
    slot->next = free_;
    free_ = slot;
  }

 private:
  static constexpr std::size_t kChunk = 64;
  union Slot {
    Slot* next;
    alignas(ValueRecord) std::byte memory[sizeof(ValueRecord)];
  };

  void grow() {
    Slot* chunk = chunks_.emplace_back(std::make_unique<Slot[]>(kChunk)).get();
    for (std::size_t k = 0; k < kChunk; ++k) {
      chunk[k].next = free_;
      free_ = &chunk[k];
    }
  }

  std::vector<std::unique_ptr<Slot[]>> chunks_;
  Slot* free_ = nullptr;
};

}  // namespace gt::client

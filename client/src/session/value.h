// Values of a session and counted references to them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/ops/instruction.h"
#include "common/tensor/meta.h"

namespace gt::client {

class Sink;

/// One immutable value. Made by its sink, which outlives it and gets it back (`Sink::release`) when
/// the last reference goes; so the value can die with its last instruction.
class ValueRecord {
 public:
  ValueRecord(Sink& sink, ValueId value_id, const TensorMeta& value_meta)
      : id(value_id), meta(value_meta), sink_(&sink) {}
  ValueRecord(const ValueRecord&) = delete;
  ValueRecord& operator=(const ValueRecord&) = delete;

  const ValueId id;
  const TensorMeta meta;
  [[nodiscard]] Sink& sink() const noexcept { return *sink_; }

  /// Where the value was named last, for the "dies here" bit: at first by the instruction that made
  /// it, with `kMadeHere` and the number of the result as operand.
  struct Use {
    static constexpr std::uint16_t kMadeHere = 0x8000;
    std::uint64_t batch = 0;
    std::uint32_t header = 0;
    std::uint16_t operand = kMadeHere;
    LaneId lane = 0;
    bool by_several_lanes = false;
  };
  /// Owned by the sink, under its lock.
  mutable Use last_use;

 private:
  friend class ValueRef;
  Sink* const sink_;
  mutable std::atomic<std::uint32_t> references_{1};
};

/// A counted reference to a value; empty means none.
class ValueRef {
 public:
  ValueRef() = default;
  ValueRef(std::nullptr_t) noexcept {}
  /// Takes over the first reference of a record that was just made.
  [[nodiscard]] static ValueRef adopt(const ValueRecord* record) noexcept {
    ValueRef reference;
    reference.record_ = record;
    return reference;
  }
  ValueRef(const ValueRef& other) noexcept : record_(other.record_) {
    if (record_ != nullptr) record_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  ValueRef(ValueRef&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  ValueRef& operator=(ValueRef other) noexcept {
    std::swap(record_, other.record_);
    return *this;
  }
  ~ValueRef() {
    if (record_ != nullptr) drop();
  }

  void reset() noexcept { *this = ValueRef(); }
  [[nodiscard]] const ValueRecord* get() const noexcept { return record_; }
  const ValueRecord* operator->() const noexcept { return record_; }
  const ValueRecord& operator*() const noexcept { return *record_; }
  explicit operator bool() const noexcept { return record_ != nullptr; }
  friend bool operator==(const ValueRef&, const ValueRef&) = default;
  friend bool operator==(const ValueRef& reference, std::nullptr_t) noexcept {
    return reference.record_ == nullptr;
  }

 private:
  void drop() noexcept {
    // Alone, nobody can make further references meanwhile: no read-modify-write is needed.
    if (record_->references_.load(std::memory_order_acquire) == 1 ||
        record_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      give_back();
  }
  void give_back() noexcept;

  const ValueRecord* record_ = nullptr;
};

/// The value that a tensor has now. Its owner replaces it at any time, and gives the old one up
/// only afterwards; the sink reads it under its lock, under which values end.
using CurrentValue = std::atomic<const ValueRecord*>;

}  // namespace gt::client

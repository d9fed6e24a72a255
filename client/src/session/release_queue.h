// Values that a thread let go of, on their way to the session.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "client/src/session/value.h"

namespace gt::client {

/// A ring with one producer, the thread of the lane, which needs no lock; taking out belongs to the
/// session's lock.
class ReleaseQueue {
 public:
  /// False if it is full.
  [[nodiscard]] bool push(const ValueRecord* value) noexcept {
    const std::uint32_t end = end_.load(std::memory_order_relaxed);
    if (end - begin_.load(std::memory_order_acquire) == kCapacity) return false;
    values_[end % kCapacity] = value;
    end_.store(end + 1, std::memory_order_release);
    return true;
  }
  /// The value that was let go of first; null if there is none.
  [[nodiscard]] const ValueRecord* pop() noexcept {
    const std::uint32_t begin = begin_.load(std::memory_order_relaxed);
    if (begin == end_.load(std::memory_order_acquire)) return nullptr;
    const ValueRecord* value = values_[begin % kCapacity];
    begin_.store(begin + 1, std::memory_order_release);
    return value;
  }

 private:
  static constexpr std::uint32_t kCapacity = 512;
  std::array<const ValueRecord*, kCapacity> values_{};
  std::atomic<std::uint32_t> begin_{0};
  std::atomic<std::uint32_t> end_{0};
};

}  // namespace gt::client

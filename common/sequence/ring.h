// The last entries of a sequence, by their running number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gt::sequence {

/// Holds as many entries as its capacity, a power of two; number `i` lies at `i` modulo that.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : entries_(capacity), mask_(capacity - 1) {}

  [[nodiscard]] T& operator[](std::uint64_t number) noexcept { return entries_[number & mask_]; }
  [[nodiscard]] const T& operator[](std::uint64_t number) const noexcept {
    return entries_[number & mask_];
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return entries_.size(); }

  /// Doubles the capacity and keeps the entries [end - old capacity, end).
  void grow(std::uint64_t end) {
    std::vector<T> larger(entries_.size() * 2);
    const std::uint64_t larger_mask = larger.size() - 1;
    for (std::uint64_t back = 1; back <= entries_.size(); ++back)
      larger[(end - back) & larger_mask] = entries_[(end - back) & mask_];
    entries_.swap(larger);
    mask_ = larger_mask;
  }

 private:
  std::vector<T> entries_;
  std::uint64_t mask_;
};

}  // namespace gt::sequence

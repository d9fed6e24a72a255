// The last entries of a sequence, by their running number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace gt::sequence {

/// Holds as many entries as its capacity, a power of two; number `i` lies at `i` modulo that. An
/// entry is written before it is read.
template <class T>
class Ring {
 public:
  /// A power of two that it may grow to, and one to begin with.
  Ring(std::size_t most, std::size_t capacity)
      : entries_(std::allocator<T>().allocate(most), Free{most}), mask_(capacity - 1) {}

  [[nodiscard]] T& operator[](std::uint64_t number) noexcept { return entries_[number & mask_]; }
  [[nodiscard]] const T& operator[](std::uint64_t number) const noexcept {
    return entries_[number & mask_];
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

  /// Doubles the capacity and keeps the entries [end - old capacity, end), of which those before 0
  /// are none.
  void grow(std::uint64_t end) {
    const std::uint64_t begin = end > capacity() ? end - capacity() : 0;
    const std::uint64_t larger_mask = 2 * mask_ + 1;
    for (std::uint64_t number = begin; number < end; ++number)
      if ((number & larger_mask) != (number & mask_))
        entries_[number & larger_mask] = entries_[number & mask_];
    mask_ = larger_mask;
  }

 private:
  static_assert(std::is_trivially_copyable_v<T>);
  struct Free {
    std::size_t size;
    void operator()(T* entries) const noexcept { std::allocator<T>().deallocate(entries, size); }
  };
  std::unique_ptr<T[], Free> entries_;  ///< the kernel gives pages to those that were written
  std::uint64_t mask_;
};

}  // namespace gt::sequence

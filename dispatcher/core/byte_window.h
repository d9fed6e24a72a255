// How many bytes may be on their way before the first of them are confirmed.
#pragma once

#include <cstdint>

namespace gt::dispatcher {

class ByteWindow {
 public:
  explicit ByteWindow(std::uint64_t limit) noexcept : limit_(limit) {}

  /// Whether so many bytes may follow now. What is larger than the window goes nearly alone, so
  /// that everything gets through in the end.
  [[nodiscard]] bool fits(std::uint64_t bytes) const noexcept {
    return used_ <= limit_ / 4 || (used_ <= limit_ && bytes <= limit_ - used_);
  }
  void take(std::uint64_t bytes) noexcept { used_ += bytes; }
  /// At most `used` bytes can come back.
  void give_back(std::uint64_t bytes) noexcept { used_ -= bytes; }
  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }

 private:
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
};

}  // namespace gt::dispatcher

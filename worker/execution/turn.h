// How long one session may run before others are looked after.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace gt::worker {

/// Measures turns without a look at the clock after every instruction: the shorter instructions
/// are, the more of them pass between two looks.
class Turn {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Turn(std::chrono::microseconds length) noexcept : length_(length) {}

  void begin() noexcept {
    begin_ = last_look_ = Clock::now();
    until_look_ = interval_;
  }
  /// To be asked after every instruction.
  [[nodiscard]] bool is_over() noexcept { return --until_look_ == 0 && look(); }

 private:
  static constexpr std::uint32_t kMostBetweenLooks = 256;

  [[nodiscard]] bool look() noexcept {
    const Clock::time_point now = Clock::now();
    const Clock::duration step = now - last_look_;
    if (step < length_ / 16) interval_ = std::min(interval_ * 2, kMostBetweenLooks);
    if (step > length_ / 8) interval_ = std::max(interval_ / 4, std::uint32_t{1});
    last_look_ = now;
    until_look_ = interval_;
    return now - begin_ >= length_;
  }

  std::chrono::microseconds length_;
  Clock::time_point begin_;
  Clock::time_point last_look_;
  std::uint32_t interval_ = 1;
  std::uint32_t until_look_ = 1;
};

}  // namespace gt::worker

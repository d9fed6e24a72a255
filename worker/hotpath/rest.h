// When a lane stops recording for a while, because nothing comes of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gt::worker::hotpath {

/// A lane that follows no sequence rests where nearly all it records are executions of hot units,
/// which gain nothing then, or where so much was recorded that any unit would be hot: decided by
/// counts alone. One that follows sequences rests where that does not pay (see balance.h). Rests
/// become longer. They end early where a kind of instruction comes that has not come before, and
/// where they have taken so long that to record would have cost little.
class Rest {
 public:
  /// Elements that show whether hot units make nearly all.
  static constexpr std::uint64_t kWindow = 16 * 1024;
  static constexpr std::uint64_t kFirst = 64 * 1024;
  static constexpr std::uint64_t kLongest = 1024 * 1024;
  static constexpr std::chrono::seconds kLongestTime{2};
  /// Elements between two looks at the clock.
  static constexpr std::uint64_t kClockInterval = 256;

  /// `enough`: elements after which a unit of any length would be hot.
  explicit Rest(std::uint64_t enough, std::chrono::nanoseconds longest_time = kLongestTime)
      : enough_(enough), longest_time_(longest_time) {}

  /// Something is followed: counting begins anew.
  void put_off() noexcept { is_new_ = true; }
  /// It pays to follow the lane: the next rest is a short one again.
  void shorten() noexcept { length_ = kFirst; }
  /// How many elements the lane has recorded since it last woke up, how many of these were
  /// executions of hot units, and how many kinds are known. Returns whether a rest begins.
  [[nodiscard]] bool begins(std::uint64_t recorded, std::uint64_t hot, std::size_t kinds) noexcept;
  /// A rest begins.
  void begin(std::size_t kinds) noexcept;
  /// An element passes in the rest. Returns whether the rest ends before it.
  [[nodiscard]] bool ends(std::size_t kinds) noexcept;
  /// Elements that have passed in the last rest.
  [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }

 private:
  const std::uint64_t enough_;
  const std::chrono::nanoseconds longest_time_;
  std::uint64_t length_ = kFirst;  ///< of the next rest
  std::uint64_t left_ = 0;
  std::uint64_t passed_ = 0;
  std::size_t kinds_ = 0;  ///< known when the rest began
  std::chrono::steady_clock::time_point begin_time_;
  bool is_new_ = true;  ///< counting begins with what is recorded next
  std::uint64_t begin_ = 0;
  // Of the window:
  std::uint64_t window_begin_ = 0;
  std::uint64_t window_hot_ = 0;
};

}  // namespace gt::worker::hotpath

// When a lane stops recording for a while, because nothing comes of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gt::worker::hotpath {

/// Of a lane that follows no sequence. It rests where nearly all it records are executions of hot
/// units, which gain nothing then, or where so much was recorded that any unit would be hot. Rests
/// become longer, and end early where a kind of instruction comes that has not come before. Decided
/// by counts alone.
class Rest {
 public:
  /// Elements that show whether hot units make nearly all.
  static constexpr std::uint64_t kWindow = 16 * 1024;
  static constexpr std::uint64_t kFirst = 64 * 1024;
  static constexpr std::uint64_t kLongest = 1024 * 1024;

  /// `enough`: elements after which a unit of any length would be hot.
  explicit Rest(std::uint64_t enough) : enough_(enough) {}

  /// Something is followed.
  void put_off() noexcept;
  /// How many elements the lane has recorded since it last woke up, how many of these were
  /// executions of hot units, and how many kinds are known. Returns whether a rest begins.
  [[nodiscard]] bool begins(std::uint64_t recorded, std::uint64_t hot, std::size_t kinds) noexcept;
  /// An element passes in the rest. Returns whether the rest ends before it.
  [[nodiscard]] bool ends(std::size_t kinds) noexcept;

 private:
  const std::uint64_t enough_;
  std::uint64_t length_ = kFirst;  ///< of the next rest
  std::uint64_t left_ = 0;
  std::size_t kinds_ = 0;  ///< known when the rest began
  bool is_new_ = true;     ///< counting begins with what is recorded next
  std::uint64_t begin_ = 0;
  // Of the window:
  std::uint64_t window_begin_ = 0;
  std::uint64_t window_hot_ = 0;
};

}  // namespace gt::worker::hotpath

// What the same thing took the last few times.
#pragma once

#include <array>
#include <cstddef>

namespace gt::worker::hotpath {

/// The last few times, in seconds.
class TimeSamples {
 public:
  static constexpr std::size_t kKept = 16;

  void add(double seconds);
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// The lower quartile of at least one sample: what it takes where nothing else disturbs it.
  [[nodiscard]] double typical() const;

 private:
  std::array<double, kKept> times_{};
  std::size_t count_ = 0;
};

}  // namespace gt::worker::hotpath

// Short times, without what it costs to look at the clock.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>

namespace gt::worker::hotpath {

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    static const double own = cost();
    return std::max(0.0, elapsed() - own);
  }

 private:
  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  /// The least of what nothing takes.
  [[nodiscard]] static double cost() {
    double least = 1;
    for (int k = 0; k < 64; ++k) least = std::min(least, Stopwatch().elapsed());
    return least;
  }

  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Processor time of this thread so far, in seconds.
[[nodiscard]] inline double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace gt::worker::hotpath

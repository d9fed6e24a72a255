#include "worker/hotpath/time_samples.h"

#include <algorithm>

namespace gt::worker::hotpath {

void TimeSamples::add(double seconds) { times_[count_++ % kKept] = seconds; }

double TimeSamples::typical() const {
  std::array<double, kKept> sorted = times_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kKept));
  const auto quarter = sorted.begin() + (end - sorted.begin()) / 4;
  std::nth_element(sorted.begin(), quarter, end);
  return *quarter;
}

}  // namespace gt::worker::hotpath

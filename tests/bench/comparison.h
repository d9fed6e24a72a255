// Interleaved measurement of two things against each other.
#pragma once

#include <functional>

#include "tests/bench/statistics.h"

namespace gt::bench {

/// One measurement, in the unit of its benchmark.
using Measurement = std::function<double()>;

struct Comparison {
  double value = 0;           ///< median of the first
  double baseline_value = 0;  ///< median of the second
  double ratio = 0;           ///< median of first / second, pair by pair
  Interval interval;          ///< 95% interval of that median
};

/// Measures A B A B ... `pairs` times after a warm-up. Throws std::runtime_error if a measurement
/// is not a positive number.
[[nodiscard]] Comparison compare(const Measurement& ours, const Measurement& baseline, int pairs);
/// The same for short measurements: warms up briefly, and ends after `seconds` even if there are
/// fewer pairs, but not with fewer than seven.
[[nodiscard]] Comparison compare_briefly(const Measurement& ours, const Measurement& baseline,
                                         int pairs, double seconds);

}  // namespace gt::bench

// Interleaved measurement of two things against each other.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "tests/bench/statistics.h"

namespace gt::bench {

/// One measurement, in the unit of its benchmark.
using Measurement = std::function<double()>;

/// What a row says beside its ratio, under `ratio_NAME` and `interval_NAME`.
struct FurtherRatio {
  std::string_view name;
  double ratio = 0;
  Interval interval;
};

struct Comparison {
  double value = 0;           ///< median of the first
  double baseline_value = 0;  ///< median of the second
  double ratio = 0;           ///< median of first / second, pair by pair
  Interval interval;          ///< 95% interval of that median
  std::vector<FurtherRatio> further = {};
};

/// Measures A B A B ... `pairs` times after a warm-up. Throws std::runtime_error if a measurement
/// is not a positive number.
[[nodiscard]] Comparison compare(const Measurement& ours, const Measurement& baseline, int pairs);
/// The same for rates, and beside them, in each round, a second baseline, LibTorch: `libtorch` is
/// our time in its times.
[[nodiscard]] Comparison compare_rates_also_with_libtorch(const Measurement& ours,
                                                          const Measurement& baseline,
                                                          const Measurement& libtorch, int pairs);
/// The same for short measurements: warms up briefly, and ends after `seconds` even if there are
/// fewer pairs, but not with fewer than seven.
[[nodiscard]] Comparison compare_briefly(const Measurement& ours, const Measurement& baseline,
                                         int pairs, double seconds);

}  // namespace gt::bench

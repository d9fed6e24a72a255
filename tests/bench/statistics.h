// Order statistics of repeated measurements.
#pragma once

#include <vector>

namespace gt::bench {

struct Interval {
  double low = 0;
  double high = 0;
};

/// The middle value, or the mean of the two in the middle. `values` must not be empty.
[[nodiscard]] double median(std::vector<double> values);

/// The narrowest symmetric pair of order statistics that holds the median of the distribution with
/// a probability of at least 95% (the sign test turned round: ranks follow Binomial(n, 1/2),
/// whatever the distribution). With fewer than six values: the smallest and the largest.
[[nodiscard]] Interval median_interval(std::vector<double> values);

}  // namespace gt::bench

#include "tests/bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gt::bench {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

Interval median_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double count = static_cast<double>(values.size());
  const auto probability = [count](double rank) {
    return std::exp(std::lgamma(count + 1) - std::lgamma(rank + 1) - std::lgamma(count - rank + 1) -
                    count * std::log(2.0));
  };
  std::size_t outside = 0;  // values left out at each end
  double tail = probability(0);
  while (outside + 1 < values.size() / 2) {
    tail += probability(static_cast<double>(outside + 1));
    if (2 * tail > 0.05) break;
    ++outside;
  }
  return {values[outside], values[values.size() - 1 - outside]};
}

}  // namespace gt::bench

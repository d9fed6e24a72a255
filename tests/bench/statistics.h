// Order statistics of repeated measurements.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace gt::bench {

struct Interval {
  double low = 0;
  double high = 0;
};

/// The middle value, or the mean of the two in the middle. `values` must not be empty.
[[nodiscard]] double median(std::vector<double> values);

/// The smallest value that at least this share of the values does not exceed. `values` must not be
/// empty.
[[nodiscard]] double quantile(std::vector<double> values, double share);

/// The narrowest symmetric pair of order statistics that holds the median of the distribution with
/// a probability of at least 95% (the sign test turned round: ranks follow Binomial(n, 1/2),
/// whatever the distribution). With fewer than six values: the smallest and the largest.
[[nodiscard]] Interval median_interval(std::vector<double> values);

/// 95% interval of what `function` makes of the samples, by the bootstrap: a thousand times as many
/// samples drawn from them, with replacement. `samples` must not be empty.
template <class Sample, class Function>
[[nodiscard]] Interval resampled_interval(const std::vector<Sample>& samples,
                                          const Function& function) {
  constexpr int kDraws = 1000;
  std::mt19937 generator(7);
  std::uniform_int_distribution<std::size_t> index(0, samples.size() - 1);
  std::vector<double> results;
  std::vector<Sample> drawn(samples.size());
  for (int k = 0; k < kDraws; ++k) {
    for (Sample& sample : drawn) sample = samples[index(generator)];
    results.push_back(function(drawn));
  }
  return {quantile(results, 0.025), quantile(results, 0.975)};
}

}  // namespace gt::bench

#include "tests/bench/comparison.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

constexpr int kLeastWarmUps = 2;
constexpr double kWarmUpSeconds = 1;
constexpr double kBriefWarmUpSeconds = 0.01;
constexpr int kLeastPairs = 7;

double measured(const Measurement& measurement) {
  const double value = measurement();
  if (!std::isfinite(value) || value <= 0)
    throw std::runtime_error("a measurement gave no positive number");
  return value;
}

void warm_up(const Measurement& ours, const Measurement& baseline, double seconds) {
  const Stopwatch watch;
  for (int k = 0; k < kLeastWarmUps || watch.seconds() < seconds; ++k) {
    measured(ours);
    measured(baseline);
  }
}

/// `pairs` pairs, or fewer if `seconds` are over, but kLeastPairs at least.
Comparison measure_pairs(const Measurement& ours, const Measurement& baseline, int pairs,
                         double seconds) {
  const Stopwatch watch;
  std::vector<double> values, baseline_values, ratios;
  for (int k = 0; k < pairs && (k < kLeastPairs || watch.seconds() < seconds); ++k) {
    values.push_back(measured(ours));
    baseline_values.push_back(measured(baseline));
    ratios.push_back(values.back() / baseline_values.back());
  }
  return {median(values), median(baseline_values), median(ratios), median_interval(ratios), {}};
}

}  // namespace

Comparison compare(const Measurement& ours, const Measurement& baseline, int pairs) {
  warm_up(ours, baseline, kWarmUpSeconds);
  return measure_pairs(ours, baseline, pairs, std::numeric_limits<double>::infinity());
}

Comparison compare_rates_also_with_libtorch(const Measurement& ours, const Measurement& baseline,
                                            const Measurement& libtorch, int pairs) {
  std::vector<double> ratios;
  double rate = 0;
  const auto ours_noted = [&] { return rate = measured(ours); };
  const auto both_baselines = [&] {
    const double baseline_rate = measured(baseline);
    ratios.push_back(measured(libtorch) / rate);
    return baseline_rate;
  };
  warm_up(ours_noted, both_baselines, kWarmUpSeconds);
  ratios.clear();
  Comparison result =
      measure_pairs(ours_noted, both_baselines, pairs, std::numeric_limits<double>::infinity());
  result.further.push_back({"libtorch", median(ratios), median_interval(ratios)});
  return result;
}

Comparison compare_briefly(const Measurement& ours, const Measurement& baseline, int pairs,
                           double seconds) {
  warm_up(ours, baseline, kBriefWarmUpSeconds);
  return measure_pairs(ours, baseline, pairs, seconds);
}

}  // namespace gt::bench

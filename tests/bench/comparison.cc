#include "tests/bench/comparison.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

constexpr int kLeastWarmUps = 2;
constexpr double kWarmUpSeconds = 1;

double measured(const Measurement& measurement) {
  const double value = measurement();
  if (!std::isfinite(value) || value <= 0)
    throw std::runtime_error("a measurement gave no positive number");
  return value;
}

void warm_up(const Measurement& ours, const Measurement& baseline) {
  const Stopwatch watch;
  for (int k = 0; k < kLeastWarmUps || watch.seconds() < kWarmUpSeconds; ++k) {
    measured(ours);
    measured(baseline);
  }
}

}  // namespace

Comparison compare(const Measurement& ours, const Measurement& baseline, int pairs) {
  warm_up(ours, baseline);
  std::vector<double> values, baseline_values, ratios;
  for (int k = 0; k < pairs; ++k) {
    values.push_back(measured(ours));
    baseline_values.push_back(measured(baseline));
    ratios.push_back(values.back() / baseline_values.back());
  }
  return {median(values), median(baseline_values), median(ratios), median_interval(ratios)};
}

}  // namespace gt::bench

// Compares two sides that train the same: each has `void step()` and `double loss() const`.
#pragma once

#include <cmath>
#include <stdexcept>
#include <string>

#include "tests/bench/comparison.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {

/// Both sides must have learned the same before their times mean anything.
template <class Ours, class Baseline>
void check_same_result(Ours& ours, Baseline& baseline) {
  constexpr int kSteps = 20;
  constexpr double kTolerance = 1e-3;
  for (int k = 0; k < kSteps; ++k) {
    ours.step();
    baseline.step();
  }
  const double loss = ours.loss(), expected = baseline.loss();
  if (!(std::abs(loss - expected) <= kTolerance * std::abs(expected)))
    throw std::runtime_error("after " + std::to_string(kSteps) + " steps the loss is " +
                             std::to_string(loss) + ", and in LibTorch " +
                             std::to_string(expected));
}

/// Microseconds a step of `steps` steps.
template <class Side>
double time_steps(Side& side, int steps, bool reads_every_loss) {
  const Stopwatch watch;
  double loss = 0;
  for (int k = 0; k < steps; ++k) {
    side.step();
    if (reads_every_loss || k + 1 == steps) loss = side.loss();
  }
  const double seconds = watch.seconds();
  if (!std::isfinite(loss)) throw std::runtime_error("the loss is not finite");
  return seconds / steps * 1e6;
}

/// Pairs of such measurements, once both sides have learned the same.
template <class Ours, class Baseline>
Comparison compare_sides(Ours& ours, Baseline& baseline, int steps, bool reads_every_loss,
                         int pairs) {
  check_same_result(ours, baseline);
  return compare([&] { return time_steps(ours, steps, reads_every_loss); },
                 [&] { return time_steps(baseline, steps, reads_every_loss); }, pairs);
}

}  // namespace gt::bench

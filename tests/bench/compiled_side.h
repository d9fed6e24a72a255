// A side of a comparison whose steps are compiled.
#pragma once

#include <gt/signal.h>

#include <chrono>
#include <thread>

#include "tests/bench/stopwatch.h"
#include "tests/bench/training_comparison.h"

namespace gt::bench {

/// Runs `Side` in a signal context that asks for compilation. Needs a cluster.
template <class Side, signal::CompileMode kMode = signal::CompileMode::Default>
class Compiled {
 public:
  template <class... Arguments>
  explicit Compiled(Arguments&&... arguments) : side_(std::forward<Arguments>(arguments)...) {
    signal::SignalConfig config;
    config.compile.enabled = true;
    config.compile.mode = kMode;
    signal::register_config(kSignal, config);
  }
  void step() {
    const signal::context context(kSignal);
    side_.step();
  }
  [[nodiscard]] double loss() const { return side_.loss(); }

  /// Steps until what is compiled beside them has taken over.
  void settle() {
    const Stopwatch watch;
    for (int k = 0; k < kLeastRounds || watch.seconds() < kSeconds; ++k) {
      for (int step_of_round = 0; step_of_round < 5; ++step_of_round) step();
      static_cast<void>(loss());
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
  }

 private:
  static constexpr const char* kSignal = "benchmark";
  static constexpr int kLeastRounds = 12;
  static constexpr double kSeconds = 2;
  Side side_;
};

/// Compiled training against another side that trains the same, once both have learned the same.
template <class Ours, class Baseline>
Comparison compare_compiled(Ours& ours, Baseline& baseline, int steps, int pairs) {
  check_same_result(ours, baseline);
  ours.settle();
  const auto time_ours = [&] { return time_steps(ours, steps, false); };
  const auto time_baseline = [&] { return time_steps(baseline, steps, false); };
  // Both in turn are a loop of their own, for which other programs are made.
  constexpr double kSecondsInTurn = 2;
  for (const Stopwatch watch; watch.seconds() < kSecondsInTurn;) {
    static_cast<void>(time_ours());
    static_cast<void>(time_baseline());
  }
  return compare(time_ours, time_baseline, pairs);
}

/// Compiled training against a part of its work, which has a `step()` alone.
template <class Ours, class Floor>
Comparison compare_with_floor(Compiled<Ours>& ours, Floor& floor, int steps, int pairs) {
  ours.settle();
  return compare([&] { return time_steps(ours, steps, false); },
                 [&] {
                   const Stopwatch watch;
                   for (int k = 0; k < steps; ++k) floor.step();
                   return watch.seconds() / steps * 1e6;
                 },
                 pairs);
}

}  // namespace gt::bench

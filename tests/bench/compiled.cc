#include "tests/bench/compiled.h"

#include <gt/signal.h>

#include <chrono>
#include <thread>

#include "tests/bench/cluster.h"
#include "tests/bench/mlp_training.h"
#include "tests/bench/training_comparison.h"
#include "tests/bench/training_libtorch.h"

namespace gt::bench {
namespace {

/// A side whose steps are compiled; made so that the program runs by the time it is measured.
template <class Side>
class Compiled {
 public:
  template <class Problem>
  explicit Compiled(Problem& problem) : side_(problem) {
    signal::SignalConfig config;
    config.compile.enabled = true;
    signal::register_config(kSignal, config);
  }
  void step() {
    const signal::context context(kSignal);
    side_.step();
  }
  [[nodiscard]] double loss() const { return side_.loss(); }

  /// Steps until what is compiled beside them has taken over.
  void settle() {
    for (int k = 0; k < 40; ++k) {
      for (int step_of_round = 0; step_of_round < 5; ++step_of_round) step();
      static_cast<void>(loss());
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
  }

 private:
  static constexpr const char* kSignal = "benchmark";
  Side side_;
};

Comparison compare_mlp(int batch, int steps, int pairs) {
  const TrainingProblem problem(batch);
  const OneWorker cluster;
  Compiled<MlpTraining> ours(problem);
  LibtorchTraining baseline(problem);
  check_same_result(ours, baseline);
  ours.settle();
  return compare([&] { return time_steps(ours, steps, false); },
                 [&] { return time_steps(baseline, steps, false); }, pairs);
}

}  // namespace

Comparison compiled_mlp(int pairs) {
  constexpr int kSteps = 60;
  const TrainingProblem problem(128);
  const OneWorker cluster;
  Compiled<MlpTraining> ours(problem);
  LibtorchProducts products(problem);
  ours.settle();
  return compare([&] { return time_steps(ours, kSteps, false); },
                 [&] {
                   const Stopwatch watch;
                   for (int k = 0; k < kSteps; ++k) products.step();
                   return watch.seconds() / kSteps * 1e6;
                 },
                 pairs);
}
Comparison compiled_mlp_libtorch(int pairs) { return compare_mlp(128, 60, pairs); }
Comparison compiled_small(int pairs) { return compare_mlp(8, 300, pairs); }

}  // namespace gt::bench

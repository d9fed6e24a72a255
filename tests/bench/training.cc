#include "tests/bench/training.h"

#include "tests/bench/cluster.h"
#include "tests/bench/mlp_training.h"
#include "tests/bench/training_comparison.h"
#include "tests/bench/trainings_libtorch.h"

namespace gt::bench {
namespace {

Comparison compare_training(int batch, int steps, bool reads_every_loss, int pairs) {
  const TrainingProblem problem(batch);
  const OneWorker cluster;
  MlpTraining ours(problem);
  const auto baseline = libtorch_mlp(problem);
  return compare_sides(ours, *baseline, steps, reads_every_loss, pairs);
}

}  // namespace

Comparison mlp_step(int pairs) { return compare_training(128, 60, false, pairs); }
Comparison mlp_step_small(int pairs) { return compare_training(8, 300, false, pairs); }
Comparison mlp_step_read(int pairs) { return compare_training(128, 60, true, pairs); }

}  // namespace gt::bench

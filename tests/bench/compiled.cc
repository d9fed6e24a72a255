#include "tests/bench/compiled.h"

#include "tests/bench/adam_libtorch.h"
#include "tests/bench/adam_training.h"
#include "tests/bench/child_program.h"
#include "tests/bench/cluster.h"
#include "tests/bench/compiled_side.h"
#include "tests/bench/convolutional_training.h"
#include "tests/bench/mlp_training.h"
#include "tests/bench/normalised_training.h"
#include "tests/bench/trainings_libtorch.h"
#include "tests/bench/transformer_training.h"

namespace gt::bench {
namespace {

Comparison compare_mlp(int batch, int steps, int pairs) {
  const TrainingProblem problem(batch);
  const OneWorker cluster;
  Compiled<MlpTraining> ours(problem);
  const auto baseline = libtorch_mlp(problem);
  return compare_compiled(ours, *baseline, steps, pairs);
}

/// Both in one session, so what looks for sequences looks at both.
Comparison compare_mlp_with_eager(const TrainingProblem& problem, int pairs) {
  Compiled<MlpTraining> compiled(problem);
  MlpTraining eager(problem);
  return compare_compiled(compiled, eager, 60, pairs);
}

Comparison compare_cnn_with_floor(const ConvolutionalWidths& widths, int steps, int pairs) {
  const OneWorker cluster;
  Compiled<ConvolutionalTraining> ours(widths);
  const auto floor = libtorch_convolutional_floor(widths);
  return compare_with_floor(ours, *floor, steps, pairs);
}

Comparison compare_cnn(const ConvolutionalWidths& widths, int steps, int pairs) {
  const OneWorker cluster;
  Compiled<ConvolutionalTraining> ours(widths);
  const auto baseline = libtorch_convolutional(widths);
  return compare_compiled(ours, *baseline, steps, pairs);
}

}  // namespace

Comparison compiled_mlp(int pairs) {
  const TrainingProblem problem(128);
  const OneWorker cluster;
  Compiled<MlpTraining> ours(problem);
  const auto floor = libtorch_mlp_floor(problem);
  return compare_with_floor(ours, *floor, 60, pairs);
}

Comparison compiled_mlp_libtorch(int pairs) { return compare_mlp(128, 60, pairs); }
Comparison compiled_small(int pairs) { return compare_mlp(8, 300, pairs); }

Comparison compiled_mlp_threads(int pairs) {
  const TrainingProblem problem(128);
  const OneWorker cluster("cpu", 2);
  return compare_mlp_with_eager(problem, pairs);
}

Comparison compiled_mlp_threads_busy(int pairs) {
  const TrainingProblem problem(128);
  const OneWorker cluster("cpu", 2);
  ChildProgram busy("gt_bench_busy", {});
  static_cast<void>(busy.read_line());
  return compare_mlp_with_eager(problem, pairs);
}

Comparison compiled_transformer(int pairs) {
  const OneWorker cluster;
  Compiled<TransformerTraining> ours(TransformerOptimizer::sgd);
  const auto floor = libtorch_transformer_floor();
  return compare_with_floor(ours, *floor, 2, pairs);
}

Comparison compiled_transformer_libtorch(int pairs) {
  const OneWorker cluster;
  Compiled<TransformerTraining> ours(TransformerOptimizer::sgd);
  const auto baseline = libtorch_transformer(TransformerOptimizer::sgd);
  return compare_compiled(ours, *baseline, 2, pairs);
}

Comparison compiled_cnn(int pairs) { return compare_cnn_with_floor(kNarrow, 20, pairs); }
Comparison compiled_cnn_libtorch(int pairs) { return compare_cnn(kNarrow, 20, pairs); }
Comparison compiled_cnn_wide(int pairs) { return compare_cnn_with_floor(kWide, 4, pairs); }
Comparison compiled_cnn_wide_libtorch(int pairs) { return compare_cnn(kWide, 4, pairs); }

Comparison compiled_pointwise_libtorch(int pairs) {
  const OneWorker cluster;
  Compiled<NormalisedTraining> ours;
  const auto baseline = libtorch_normalised();
  return compare_compiled(ours, *baseline, 20, pairs);
}

Comparison compiled_adam(int pairs) {
  const OneWorker cluster;
  Compiled<AdamTraining> ours;
  LibtorchAdam baseline;
  return compare_compiled(ours, baseline, 100, pairs);
}

}  // namespace gt::bench

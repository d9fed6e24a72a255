#include "tests/bench/cuda_training.h"

#include <type_traits>

#include "tests/bench/cluster.h"
#include "tests/bench/compiled_side.h"
#include "tests/bench/gpu.h"
#include "tests/bench/mlp_training.h"
#include "tests/bench/trainings_libtorch.h"
#include "tests/bench/transformer_training.h"

namespace gt::bench {
namespace {

constexpr int kMlpSteps = 200, kTransformerSteps = 20;
constexpr auto kGraphs = signal::CompileMode::ReduceOverhead;

/// Whether there is a GPU is asked first: the cluster would say less clearly that there is none.
struct Gpu {
  worker::Engine& engine = gpu_engine();
  OneWorker cluster{kGpu};
};

template <class Ours>
Comparison compare_mlp(int pairs) {
  const TrainingProblem problem(128);
  const Gpu gpu;
  Ours ours(problem);
  const auto baseline = libtorch_mlp(problem, kGpu);
  if constexpr (std::is_same_v<Ours, MlpTraining>)
    return compare_sides(ours, *baseline, kMlpSteps, false, pairs);
  else
    return compare_compiled(ours, *baseline, kMlpSteps, pairs);
}

template <class Ours>
Comparison compare_transformer(int pairs) {
  const Gpu gpu;
  Ours ours(TransformerOptimizer::sgd);
  const auto baseline = libtorch_transformer(TransformerOptimizer::sgd, kGpu);
  if constexpr (std::is_same_v<Ours, TransformerTraining>)
    return compare_sides(ours, *baseline, kTransformerSteps, false, pairs);
  else
    return compare_compiled(ours, *baseline, kTransformerSteps, pairs);
}

}  // namespace

Comparison cuda_mlp(int pairs) { return compare_mlp<MlpTraining>(pairs); }
Comparison cuda_compiled_mlp(int pairs) { return compare_mlp<Compiled<MlpTraining>>(pairs); }
Comparison cuda_graph_mlp(int pairs) { return compare_mlp<Compiled<MlpTraining, kGraphs>>(pairs); }
Comparison cuda_transformer(int pairs) { return compare_transformer<TransformerTraining>(pairs); }
Comparison cuda_compiled_transformer(int pairs) {
  return compare_transformer<Compiled<TransformerTraining>>(pairs);
}
Comparison cuda_graph_transformer(int pairs) {
  return compare_transformer<Compiled<TransformerTraining, kGraphs>>(pairs);
}

}  // namespace gt::bench

#include "tests/bench/transformer.h"

#include "tests/bench/cluster.h"
#include "tests/bench/training_comparison.h"
#include "tests/bench/trainings_libtorch.h"
#include "tests/bench/transformer_training.h"

namespace gt::bench {

Comparison transformer_step(int pairs) {
  const OneWorker cluster;
  TransformerTraining ours(TransformerOptimizer::adamw);
  const auto baseline = libtorch_transformer(TransformerOptimizer::adamw);
  return compare_sides(ours, *baseline, 2, false, pairs);
}

}  // namespace gt::bench

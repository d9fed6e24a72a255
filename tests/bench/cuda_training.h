// Training on a GPU, against LibTorch there.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Microseconds a step of 784-256-10 at batch 128, and of the transformer, with SGD: eagerly,
/// compiled, and compiled and started as graphs. They need a GPU, else they throw Skipped.
[[nodiscard]] Comparison cuda_mlp(int pairs);
[[nodiscard]] Comparison cuda_compiled_mlp(int pairs);
[[nodiscard]] Comparison cuda_graph_mlp(int pairs);
[[nodiscard]] Comparison cuda_transformer(int pairs);
[[nodiscard]] Comparison cuda_compiled_transformer(int pairs);
[[nodiscard]] Comparison cuda_graph_transformer(int pairs);

}  // namespace gt::bench

// Whole training steps as compiled programs.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Microseconds a step of the network 784-256-10 at batch 128, compiled; baseline: its matrix
/// products alone, in LibTorch, on given results. No fusion can go below that.
[[nodiscard]] Comparison compiled_mlp(int pairs);
/// The same; baseline: the step in LibTorch.
[[nodiscard]] Comparison compiled_mlp_libtorch(int pairs);
/// At batch 8; baseline: the step in LibTorch.
[[nodiscard]] Comparison compiled_small(int pairs);

}  // namespace gt::bench

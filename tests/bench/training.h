// Rows about a training step of the network 784-256-10 with SGD.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Microseconds a step at batch 128: many steps, ended by one read.
[[nodiscard]] Comparison mlp_step(int pairs);
/// The same at batch 8, where instructions cost as much as arithmetic.
[[nodiscard]] Comparison mlp_step_small(int pairs);
/// Microseconds a step at batch 128, reading the loss at every step.
[[nodiscard]] Comparison mlp_step_read(int pairs);

}  // namespace gt::bench

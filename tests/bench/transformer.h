// Row about a training step of a transformer with AdamW.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Microseconds a step of a transformer of 4 blocks (see transformer_problem.h): a few steps, ended
/// by one read.
[[nodiscard]] Comparison transformer_step(int pairs);

}  // namespace gt::bench

// Rows about the engine's own kernels: one operation of one size, computed by the engine and by
// LibTorch in this process, on one thread and on the same operands. Both sides make new results in
// warm memory. Microseconds a call.
#pragma once

#include <vector>

#include "tests/bench/registry.h"

namespace gt::bench {

/// `pointwise_OPERATION_ELEMENTS` in float32, and `pointwise_OPERATION_65536_bfloat16`.
[[nodiscard]] std::vector<Benchmark> pointwise_benchmarks();

}  // namespace gt::bench

// Fused kernels in one thread, and on a GPU.
#pragma once

#include <vector>

#include "tests/bench/registry.h"

namespace gt::bench {

/// kernel_NAME: against a triad over the same bytes, what memory would allow, and against LibTorch.
/// one_result_NAME[_bfloat16]: against the same kernel without the rule that its bits are those of
/// the engine (CompileOptions::one_result).
/// cuda_kernel_NAME and cuda_one_result_NAME: the same on a GPU, else they throw Skipped.
[[nodiscard]] std::vector<Benchmark> kernel_benchmarks();

}  // namespace gt::bench

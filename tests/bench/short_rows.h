// Fused kernels over rows that are shorter than a few vectors.
#pragma once

#include <vector>

#include "tests/bench/registry.h"

namespace gt::bench {

/// short_rows_NAME_LENGTH: a fused kernel over rows of so many elements against the engine's calls
/// for the same graph, both in this thread.
[[nodiscard]] std::vector<Benchmark> short_rows_benchmarks();

}  // namespace gt::bench

// Rows that compare compiled training with the better of LibTorch and torch.compile.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/registry.h"

namespace gt::bench {

/// The rows. `program` is the path of programs/torch_compiled.py, to be run by a Python with torch.
/// Its steps and LibTorch's are both timed in each pair; the baseline is the shorter time.
[[nodiscard]] std::vector<Benchmark> torch_compile_benchmarks(const std::string& program);

}  // namespace gt::bench

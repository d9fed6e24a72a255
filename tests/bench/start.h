// The row about starting a program.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Milliseconds from the start of a process to its first result, on an embedded cluster of two
/// workers, against a program that only links LibTorch.
[[nodiscard]] Comparison start(int pairs);

}  // namespace gt::bench

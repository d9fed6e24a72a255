// A row about programs in which nothing repeats.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Processor seconds of all processes of such a program with GT_AUTO_COMPILE, against those
/// without.
[[nodiscard]] Comparison detect_cost(int pairs);

}  // namespace gt::bench

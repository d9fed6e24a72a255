// Memory of long-running programs.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// How much the resident memory of a process (the program, the dispatcher, the worker: the one that
/// grew most) differs between 100,000 and 1,000,000 steps of `p -= lr * g`, in MiB. The baseline is
/// what all of them have after 100,000. Measured once.
[[nodiscard]] Comparison memory_growth(int pairs);

}  // namespace gt::bench

// How long compilation takes, and what it does to the program beside it.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Milliseconds that a worker which has compiled nothing yet needs from the beginning of the
/// compilation of a step of the network 784-256-10 until its program is ready, the compiler's
/// plugin loaded and the machine code stored; nothing else runs. Against the same with the machine
/// code on disk.
[[nodiscard]] Comparison compile_cold(int pairs);
/// The other way round.
[[nodiscard]] Comparison compile_disk(int pairs);

/// Milliseconds of a step of the transformer: the slowest hundredth of those beside which its
/// program is compiled, against the slowest hundredth of those before; `validating` is about the
/// steps that validate. A round of `pairs` sees one compilation.
[[nodiscard]] Comparison stall(int pairs);

}  // namespace gt::bench

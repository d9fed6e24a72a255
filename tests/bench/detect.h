// Rows about the recognition of repeated sequences.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Instructions a second that one core records, looks through for loops and matches against the
/// unit that is in use, in a stream of training steps of 1000 instructions with a one-off
/// instruction after every tenth; against a loop that only copies the same records.
[[nodiscard]] Comparison detect(int pairs);
/// The same for a stream in which nothing repeats.
[[nodiscard]] Comparison detect_nothing(int pairs);

}  // namespace gt::bench

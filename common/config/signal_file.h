// The YAML files that GT_CONFIG names.
//
//   training_loop:            # a signal
//     shard:
//       axis: 0
//       workers: [0, 1, 2, 3]
//     compile: true           # or a block: mode, passes, exclude, dynamic
//     backward: gradients     # the signal of the gradients
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/signal.h"

namespace gt::config {

/// The signals of a text, in its order. `file` is what messages call it. Throws
/// CommonError(kInvalidArgument) with file, line, column, what is wrong and what would be right.
[[nodiscard]] std::vector<Signal> parse_signals(std::string_view text, const std::string& file);

/// The same of a file; one that cannot be read is such an error too.
[[nodiscard]] std::vector<Signal> read_signals(const std::string& file);

}  // namespace gt::config

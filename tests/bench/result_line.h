// What a benchmark prints: one JSON object.
#pragma once

#include <string>
#include <string_view>

#include "tests/bench/comparison.h"

namespace gt::bench {

[[nodiscard]] std::string result_line(std::string_view name, std::string_view unit,
                                      std::string_view baseline, const Comparison& result);

}  // namespace gt::bench

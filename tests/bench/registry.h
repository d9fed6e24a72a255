// The benchmarks by name.
#pragma once

#include <span>
#include <string_view>

#include "tests/bench/comparison.h"

namespace gt::bench {

struct Benchmark {
  std::string_view name;
  std::string_view unit;
  std::string_view baseline;  ///< what it is compared with
  Comparison (*run)(int pairs);
};

[[nodiscard]] std::span<const Benchmark> benchmarks();

}  // namespace gt::bench

// The benchmarks by name.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "tests/bench/comparison.h"

namespace gt::bench {

struct Benchmark {
  std::string_view name;
  std::string_view unit;
  std::string_view baseline;  ///< what it is compared with
  std::function<Comparison(int pairs)> run;
  bool is_brief = false;  ///< one of very many short rows
};

[[nodiscard]] std::span<const Benchmark> benchmarks();

}  // namespace gt::bench

// The graphs of the rows kernel_*, each of which is one fused kernel.
#pragma once

#include <span>
#include <string_view>

#include "common/graph/graph.h"
#include "tests/bench/kernel_rivals_libtorch.h"

namespace gt::bench {

struct KernelCase {
  std::string_view name;
  graph::Graph (*graph)(DType dtype);
  Rival rival;
  bool overwrites = false;  ///< outputs lie in the memory of inputs
  bool is_one_kernel_if_narrow = true;
};
[[nodiscard]] std::span<const KernelCase> kernel_cases();

}  // namespace gt::bench

// Kernels for people: loops, loads, rows by name, stores.
#pragma once

#include <span>
#include <string>

#include "worker/jit/llvm/costs.h"
#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {

/// C-like text of one kernel. Tensors are named by their place in the request, nodes by theirs in
/// the loop.
[[nodiscard]] std::string listing_of(const std::string& name, std::span<const LoweredLoop> loops,
                                     Costs& costs, const Tuning& tuning);

}  // namespace gt::worker::jit

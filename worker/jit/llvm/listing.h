// Kernels for people: loops, loads, rows by name, stores.
#pragma once

#include <span>
#include <string>

#include "worker/jit/llvm/costs.h"
#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {

/// What the tensors of a kernel are in the graph, and how they lie: a line of comment for each.
[[nodiscard]] std::string tensors_of(const graph::Graph& graph, const KernelRequest& request);

/// C-like text of one kernel. Tensors are named by their place in the request, as in `tensors`;
/// nodes by theirs in the loop.
[[nodiscard]] std::string listing_of(const std::string& name, const std::string& tensors,
                                     std::span<const LoweredLoop> loops, Costs& costs,
                                     const Tuning& tuning);

}  // namespace gt::worker::jit

// What is cheaper to compute twice than to hand on in memory.
#pragma once

#include <optional>

#include "common/graph/fusion/fusion.h"
#include "common/graph/graph.h"

namespace gt::graph {

/// Point-wise rows that take no longer than to read their result.
[[nodiscard]] bool is_cheap(Op op);

/// The graph in which kernels compute cheap rows of other kernels of `plan` again: where they read
/// all that takes in any case, little tensors apart; or where they read no more than the result has
/// bytes, and the result then need not be written. Nothing if there is no such place. The bits are
/// the same; the plan is to be made anew.
[[nodiscard]] std::optional<Graph> recompute_cheap(const Graph& graph, const FusionPlan& plan);

}  // namespace gt::graph

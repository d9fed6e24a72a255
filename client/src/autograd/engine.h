// Walks the recorded graph from its roots to the leaves.
#pragma once

#include <memory>
#include <vector>

#include "client/src/autograd/gradient_node.h"

namespace gt::detail {

/// Where backward starts: a node's input, and the gradient that arrives there.
struct BackwardRoot {
  autograd::Edge edge;
  ValueRef grad;
};

/// Runs every node after all that feed it, latest first, adding what reaches the leaves to their
/// `.grad`; with `inputs` only to those tensors (leaves or not), skipping nodes that lead to none.
/// Saved values are released behind it unless `retain_graph`.
void run_backward(const std::vector<BackwardRoot>& roots, bool retain_graph,
                  const std::vector<std::shared_ptr<TensorImpl>>& inputs);

}  // namespace gt::detail

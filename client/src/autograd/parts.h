// Gradients that arrive for parts of a tensor: one for each slice or row that was read of it.
#pragma once

#include <cstdint>
#include <vector>

#include "client/src/autograd/gradient_node.h"

namespace gt::detail {

/// The gradient of a part, still in the part's shape.
struct PartGrad {
  std::uint32_t input = 0;       ///< which result of the node below was read in parts
  GradientNode* node = nullptr;  ///< the view
  PartRegion region;
  ValueRef grad;
};

/// The gradient of a tensor from those of its parts. Parts that lie side by side and fill it are
/// joined by one instruction (as those of `chunk` and `unbind`); others are each put into zeros and
/// added up.
[[nodiscard]] ValueRef gradient_of_parts(std::vector<PartGrad> parts, const TensorMeta& meta);

}  // namespace gt::detail

// What a loss makes of the losses of its elements or rows.
#pragma once

#include <cstdint>

namespace gt {

/// The attribute `reduction` of losses, in LibTorch's numbers.
enum class LossReduction : std::int64_t { none = 0, mean = 1, sum = 2 };

}  // namespace gt

// LibTorch's names of gradient nodes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/ops/inference.h"

namespace gt::detail {

/// The node of a recorded instruction: `AddBackward0`; the number is that of LibTorch's overload.
[[nodiscard]] std::string node_name(const OpRow& row, std::span<const OperandMeta> operands,
                                    const Attributes& attributes);
/// The node of a function that is no instruction: `fill_` gives `FillBackward0`.
[[nodiscard]] std::string node_name(std::string_view function);

}  // namespace gt::detail

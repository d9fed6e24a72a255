// Numbers that a graph knows.
#pragma once

#include <optional>

#include "common/graph/graph.h"

namespace gt::graph {

/// The number of a scalar operand that is the same in every run.
[[nodiscard]] std::optional<ScalarValue> constant_of(const Operand& operand);
/// Whether the operand is this number in every run; zeros are told apart by their sign.
[[nodiscard]] bool is_number(const Operand& operand, double number);
/// Whether a tensor of that dtype can hold the number as it is.
[[nodiscard]] bool holds_exactly(DType dtype, ScalarValue number);
/// Whether every value of `from` is a value of `to`, so that a cast and back changes nothing.
[[nodiscard]] bool is_widening(DType from, DType to);

}  // namespace gt::graph

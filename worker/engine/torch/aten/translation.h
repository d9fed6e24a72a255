// The few places where a row of the op table and its ATen schema differ in names or forms.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "worker/engine/torch/aten/boxed_call.h"

namespace c10 {
struct IValue;
}

namespace gt::aten {

/// Arguments of the schema that do not come from an operand or attribute of the same name.
using Overrides = std::vector<std::pair<std::string_view, c10::IValue>>;

/// The schema `name.overload` to call for these operands; `row.aten` but for rows whose numbers
/// need another overload.
[[nodiscard]] std::string_view schema_name(const RowCall& call);

/// The overrides of a row; empty for most.
[[nodiscard]] Overrides overrides(const RowCall& call);

}  // namespace gt::aten

// Checks of index operands before ATen sees them: on a GPU a bad one would end the process.
#pragma once

#include "worker/engine/torch/aten/boxed_call.h"

namespace gt::aten {

/// Throws CommonError(kIndex) if a position that the row reads by lies outside. Waits for the
/// device if the row has index operands.
void check_indices(const RowCall& call);

/// Whether `check_indices` looks at operands of the row.
[[nodiscard]] bool has_indices(Op op);

}  // namespace gt::aten

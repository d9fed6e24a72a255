// Where an instruction runs.
#pragma once

#include <span>

#include "dispatcher/core/options.h"
#include "dispatcher/core/session.h"
#include "dispatcher/core/value_table.h"

namespace gt::dispatcher {

/// A worker that holds the largest operand; of several, the one that holds most bytes of all
/// operands, then the lowest number. Every operand has a holder; there is at least one.
[[nodiscard]] WorkerId place_with_operands(std::span<const Value* const> operands);

/// The worker of an instruction without tensor operands; kNoWorker if there is none.
[[nodiscard]] WorkerId place_source(Session& session, Placement placement,
                                    const WorkerRegistry& workers);

}  // namespace gt::dispatcher

// What earlier executions of a unit left alive.
#pragma once

#include "common/sequence/history.h"
#include "common/sequence/unit.h"
#include "worker/hotpath/recording.h"

namespace gt::worker::hotpath {

/// What an execution leaves alive depends on where the program's batches end: of a value that the
/// next execution lets go, an instruction of the same batch says so at once. What one of the
/// executions right before the one at `begin` left alive, as far as `history` remembers them, is
/// alive in the recording as well.
void keep_past_lives(Recording& recording, const sequence::History& history,
                     const sequence::Unit& unit, sequence::Position begin);

}  // namespace gt::worker::hotpath

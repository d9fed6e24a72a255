// The reference engine: every row of the op table as plain loops over row-major elements.
//
// It is the oracle that other engines are compared with and the skeleton for a new backend, so it
// prefers being obviously right to being fast: operands are read into vectors of double or int64,
// results are written back in their dtype. No LibTorch, no threads, no in-place re-use.
#pragma once

#include <memory>

#include "worker/engine/engine.h"

namespace gt::worker {

/// Makes the engine; of the options only `memory_limit` matters to it.
[[nodiscard]] std::unique_ptr<Engine> make_reference_engine(const EngineOptions& options);

}  // namespace gt::worker

// The CPU engine: our own kernels for everything but library rows.
#pragma once

#include <memory>

#include "worker/engine/engine.h"

namespace gt::worker {

/// Makes the native engine. The options' device must be `cpu`.
[[nodiscard]] std::unique_ptr<Engine> make_native_engine(const EngineOptions& options);

}  // namespace gt::worker

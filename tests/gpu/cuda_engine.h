// The GPU under test.
#pragma once

#include <memory>
#include <string>

#include "worker/engine/engine.h"

namespace gt::conformance {

/// The engine of the first GPU, or why there is none. Without one, all tests are skipped.
struct CudaEngine {
  std::unique_ptr<worker::Engine> engine;
  std::string reason;
};
[[nodiscard]] const CudaEngine& cuda_engine();

}  // namespace gt::conformance

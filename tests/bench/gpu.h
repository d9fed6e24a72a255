// The GPU of the rows that need one.
#pragma once

#include <stdexcept>

#include "worker/engine/engine.h"

namespace gt::bench {

inline constexpr const char* kGpu = "cuda:0";

/// A row that this machine cannot run, and why.
class Skipped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The engine of the first GPU; LibTorch computes there too from then on. Throws Skipped where
/// there is none.
[[nodiscard]] worker::Engine& gpu_engine();

}  // namespace gt::bench

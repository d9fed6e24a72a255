// A GPU on this processor: the module that the compiler makes for a device, with its intrinsics
// turned into calls, compiled for the host and run thread by thread. Its queues are graphs of
// tests/unit/hotpath/graph_engine.h, or null to run at once.
#pragma once

#include <memory>
#include <string>

#include "worker/jit/llvm/gpu/gpu_compiler.h"

namespace gt::worker::jit {

/// `ptxas` assembles the PTX of every module first, and refuses what is wrong; empty for none.
[[nodiscard]] std::unique_ptr<GpuDevice> make_simulated_gpu(const std::string& ptxas);

}  // namespace gt::worker::jit

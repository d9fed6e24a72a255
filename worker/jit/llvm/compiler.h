// Kernels of a fusion plan as machine code of one processor, and the compiler of this process.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "worker/jit/kernel.h"
#include "worker/jit/llvm/costs.h"
#include "worker/jit/llvm/machine.h"

namespace gt::worker::jit {

/// Whether a kernel for the processor can hold the node.
[[nodiscard]] bool admits(const Processor& processor, const graph::Graph& graph,
                          const graph::Node& node);

/// Whether the node is point-wise and its arithmetic calls the C library.
[[nodiscard]] bool calls_library(Costs& costs, const graph::Graph& graph, const graph::Node& node);

/// An object file with the functions `run_name(k)` and `needs_name(k)` of each request.
[[nodiscard]] std::string compile_to_object(const Machine& machine, Costs& costs,
                                            const graph::Graph& graph,
                                            std::span<const KernelRequest> requests,
                                            const CompileOptions& options);

/// Compiles for this process.
[[nodiscard]] std::unique_ptr<KernelCompiler> make_host_compiler();

}  // namespace gt::worker::jit

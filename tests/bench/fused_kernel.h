// A graph that is one fused kernel, compiled and run in this thread.
#pragma once

#include <memory>
#include <vector>

#include "common/graph/builder.h"
#include "common/graph/fusion/fusion.h"
#include "worker/jit/kernel.h"

namespace gt::bench {

/// All tensors are dense, and filled with numbers around 1.
class FusedKernel {
 public:
  /// With `overwrites` outputs lie in the memory of inputs where the kernel may do so.
  /// Throws std::runtime_error if the plan of the graph is not one kernel.
  explicit FusedKernel(graph::Graph graph, bool overwrites = false);

  void run();
  /// Bytes that the kernel reads and writes, each tensor once.
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }

 private:
  struct Free {
    void operator()(void* memory) const noexcept;
  };
  using Memory = std::unique_ptr<void, Free>;
  Memory make_memory(const TensorMeta& meta) const;

  graph::Graph graph_;
  graph::FusionPlan plan_;
  std::unique_ptr<worker::jit::KernelCompiler> compiler_;
  std::unique_ptr<worker::jit::KernelModule> module_;
  std::vector<Memory> memory_;
  std::vector<void*> tensors_;
  std::vector<std::int64_t> strides_;
  std::vector<std::uint64_t> bindings_;
  Memory scratch_;
  worker::jit::KernelArguments arguments_;
  worker::jit::KernelNeeds needs_;
  std::int64_t bytes_ = 0;
};

}  // namespace gt::bench

// A graph that is one fused kernel, compiled and run in this thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "common/graph/builder.h"
#include "common/graph/fusion/fusion.h"
#include "tests/bench/kernel_rivals_libtorch.h"
#include "worker/jit/kernel.h"

namespace gt::bench {

/// All tensors are dense, and filled with numbers around 1.
class FusedKernel {
 public:
  struct Options {
    bool overwrites = false;  ///< outputs lie in the memory of inputs where the kernel may do so
    bool one_result = true;   ///< CompileOptions::one_result
  };
  /// Throws std::runtime_error if the plan of the graph is not one kernel.
  FusedKernel(graph::Graph graph, const Options& wishes);

  void run();
  /// Bytes that the kernel reads and writes, each tensor once.
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }
  /// What it reads and writes, in the order of the graph; an output may lie over an input. Only of
  /// float32 tensors.
  [[nodiscard]] std::span<const FloatTensor> inputs() const noexcept { return inputs_; }
  [[nodiscard]] std::span<const FloatTensor> outputs() const noexcept { return outputs_; }

 private:
  struct Free {
    void operator()(void* memory) const noexcept;
  };
  using Memory = std::unique_ptr<void, Free>;
  Memory make_memory(const TensorMeta& meta) const;
  /// Of the tensors from `first` on, which are these values.
  std::vector<FloatTensor> tensors_of(std::span<const graph::ValueRef> values,
                                      std::size_t first) const;

  graph::Graph graph_;
  graph::FusionPlan plan_;
  std::unique_ptr<worker::jit::KernelCompiler> compiler_;
  std::unique_ptr<worker::jit::KernelModule> module_;
  std::vector<Memory> memory_;
  std::vector<void*> tensors_;
  std::vector<FloatTensor> inputs_, outputs_;
  std::vector<std::int64_t> strides_;
  std::vector<std::uint64_t> bindings_;
  Memory scratch_;
  worker::jit::KernelArguments arguments_;
  worker::jit::KernelNeeds needs_;
  std::int64_t bytes_ = 0;
};

}  // namespace gt::bench

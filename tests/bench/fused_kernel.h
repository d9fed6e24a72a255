// A graph that is one fused kernel, compiled and run in this thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "common/graph/builder.h"
#include "common/graph/fusion/fusion.h"
#include "tests/bench/kernel_rivals_libtorch.h"
#include "worker/engine/engine.h"
#include "worker/jit/kernel.h"

namespace gt::bench {

/// All tensors are dense, and filled with numbers around 1. On a GPU `run` does not wait.
class FusedKernel {
 public:
  struct Options {
    bool overwrites = false;  ///< outputs lie in the memory of inputs where the kernel may do so
    bool one_result = true;   ///< CompileOptions::one_result
    worker::Engine* gpu = nullptr;  ///< runs there, in its memory; in this thread if null
  };
  /// Throws std::runtime_error if the plan of the graph is not one kernel.
  FusedKernel(graph::Graph graph, const Options& wishes);

  void run();
  /// Bytes that the kernel reads and writes, each tensor once.
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }
  /// What it reads and writes, in the order of the graph; an output may lie over an input. Only of
  /// float32 tensors.
  [[nodiscard]] std::span<const FloatTensor> inputs() const noexcept { return inputs_; }
  [[nodiscard]] std::span<const FloatTensor> outputs();

 private:
  struct Free {
    void operator()(void* memory) const noexcept;
  };
  using Memory = std::unique_ptr<void, Free>;
  Memory make_memory(const TensorMeta& meta) const;
  void add_memory(const TensorMeta& meta);
  /// Of the tensors from `first` on, which are these values.
  std::vector<FloatTensor> tensors_of(std::span<const graph::ValueRef> values,
                                      std::size_t first) const;

  graph::Graph graph_;
  graph::FusionPlan plan_;
  std::unique_ptr<worker::jit::KernelCompiler> compiler_;
  std::unique_ptr<worker::jit::KernelModule> module_;
  worker::Engine* gpu_ = nullptr;
  std::vector<Memory> memory_;
  std::vector<worker::Value> device_values_;  ///< of a GPU: of each of `memory_`
  std::vector<std::size_t> memory_of_;        ///< by tensor
  std::vector<void*> tensors_;
  std::vector<FloatTensor> inputs_, outputs_;
  std::vector<std::int64_t> strides_;
  std::vector<std::uint64_t> bindings_;
  Memory scratch_;
  worker::BufferRef device_scratch_;
  worker::jit::KernelArguments arguments_;
  worker::jit::KernelNeeds needs_;
  std::int64_t bytes_ = 0;
};

}  // namespace gt::bench

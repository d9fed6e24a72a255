// A kernel compiler that generates nothing: its kernels run the rows of their loops on an engine.
//
// It is the smallest backend that there can be (docs/add-a-backend.md), and what the hot path is
// tested with where no code generator is wanted.
#pragma once

#include <functional>
#include <memory>

#include "worker/engine/engine.h"
#include "worker/jit/kernel.h"

namespace gt::worker::testing {

class InterpretingCompiler final : public jit::KernelCompiler {
 public:
  /// Kernels run on the engine, which outlives them.
  explicit InterpretingCompiler(Engine& engine) : engine_(engine) {}

  [[nodiscard]] std::string_view target() const noexcept override { return "interpreter"; }
  [[nodiscard]] bool admits(const graph::Graph& graph, const graph::Node& node) const override {
    return graph::can_fuse(graph, node);
  }
  [[nodiscard]] std::unique_ptr<jit::KernelModule> compile(
      const graph::Graph& graph, std::span<const jit::KernelRequest> requests,
      const jit::CompileOptions& options) override;
  [[nodiscard]] std::unique_ptr<jit::KernelModule> load(std::span<const std::byte> object) override;

  /// Called after each kernel with its outputs; may spoil them, or throw.
  std::function<void(std::span<const Value> outputs)> after;
  /// Called before each compilation; may throw.
  std::function<void()> before_compilation;
  /// How often the kernels asked the heap for memory.
  std::size_t allocations = 0;

 private:
  Engine& engine_;
};

}  // namespace gt::worker::testing

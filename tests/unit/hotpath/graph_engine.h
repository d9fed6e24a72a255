// A device with graphs, on this processor: what is captured runs when the graph is started, at the
// addresses and with the numbers that it had, whoever owns that memory by then.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/unit/hotpath/interpreting_compiler.h"

namespace gt::worker::testing {

class FakeGraph;

/// The native engine, with graphs.
class GraphEngine final : public Engine {
 public:
  GraphEngine();
  ~GraphEngine() override;

  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }
  [[nodiscard]] std::string_view device() const noexcept override { return inner_->device(); }
  [[nodiscard]] Allocator& allocator() noexcept override;
  [[nodiscard]] bool takes_kernels() const noexcept override { return true; }
  /// The graph that is captured (a FakeGraph), or null.
  [[nodiscard]] void* queue() const override { return capturing_; }
  [[nodiscard]] bool has_graphs() const noexcept override { return true; }
  [[nodiscard]] std::unique_ptr<WorkGraph> begin_capture() override;
  /// All but what is said here.
  [[nodiscard]] bool captures(const OpRow& row) const override;
  [[nodiscard]] Results execute(const EngineCall& call) override;
  [[nodiscard]] Value from_host(const TensorMeta& meta, std::span<const std::byte> bytes) override;
  [[nodiscard]] std::vector<std::byte> to_host(const Value& value) override;
  void synchronize() override { inner_->synchronize(); }

  /// What computes the steps of graphs: it has memory of its own, as a started graph asks nobody
  /// for any.
  [[nodiscard]] Engine& processor() noexcept { return *processor_; }
  /// What is captured at the moment; null for nothing.
  [[nodiscard]] FakeGraph* capturing() const noexcept { return capturing_; }

  std::vector<Op> not_captured;
  /// Called before each captured call; may throw.
  std::function<void()> before_captured_call;
  std::size_t graphs = 0;   ///< that were captured
  std::size_t starts = 0;   ///< of graphs
  std::size_t changes = 0;  ///< of launches in graphs

 private:
  friend class FakeGraph;
  class PoolAllocator;
  std::unique_ptr<Engine> inner_, processor_;
  std::unique_ptr<PoolAllocator> allocator_;
  FakeGraph* capturing_ = nullptr;
};

/// The graph of such an engine: steps, and the memory that was allocated while it was captured.
class FakeGraph final : public WorkGraph {
 public:
  explicit FakeGraph(GraphEngine& engine) : engine_(engine) { engine_.capturing_ = this; }
  FakeGraph(const FakeGraph&) = delete;
  FakeGraph& operator=(const FakeGraph&) = delete;
  ~FakeGraph() override;

  void finish() override;
  [[nodiscard]] void* handle() const noexcept override { return const_cast<FakeGraph*>(this); }
  void start() override;
  void copy(void* to, const void* from, std::size_t bytes) override;

  using Step = std::function<void()>;
  /// A node.
  [[nodiscard]] Step* add(Step step);
  [[nodiscard]] BufferRef allocate(std::size_t bytes);

 private:
  GraphEngine& engine_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<std::unique_ptr<std::byte[]>> pool_;
};

/// Kernels of the interpreter that are launched into graphs. Rows of `calls` are in no kernel.
class GraphCompiler final : public jit::KernelCompiler {
 public:
  GraphCompiler(GraphEngine& engine, std::vector<Op> calls)
      : engine_(engine), calls_(std::move(calls)), interpreter_(engine.processor()) {}
  [[nodiscard]] std::string_view target() const noexcept override { return "graphs"; }
  [[nodiscard]] bool admits(const graph::Graph& graph, const graph::Node& node) const override;
  [[nodiscard]] std::unique_ptr<jit::KernelModule> compile(
      const graph::Graph& graph, std::span<const jit::KernelRequest> requests,
      const jit::CompileOptions& options) override;
  [[nodiscard]] std::unique_ptr<jit::KernelModule> load(std::span<const std::byte> object) override;

 private:
  GraphEngine& engine_;
  std::vector<Op> calls_;
  InterpretingCompiler interpreter_;
};

}  // namespace gt::worker::testing

// Runs graphs with their kernels compiled, and all else on an engine: for tests.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/graph/fusion/fusion.h"
#include "worker/engine/engine.h"
#include "worker/jit/kernel.h"

namespace gt::worker::jit {

/// One engine and one compiler for the tests of a process.
[[nodiscard]] Engine& test_engine();
[[nodiscard]] KernelCompiler& test_compiler();

/// Whether kernels take elements of that dtype on this machine.
[[nodiscard]] bool is_compiled(DType dtype);

/// How a run deals with units and memory.
struct RunOptions {
  bool fuses = true;             ///< else every row is a kernel
  bool one_unit_a_call = false;  ///< the last ones first
  bool overwrites = false;       ///< outputs lie in the memory of inputs where a kernel may do so
  bool one_result = true;        ///< CompileOptions::one_result
  bool reloads = false;          ///< kernels are loaded from the object that was made of them
};

/// A graph with its plan, compiled for the values of the recorded run, and for their strides.
class CompiledGraph {
 public:
  /// `inputs` are what the kernels are compiled for: values of the recorded run.
  CompiledGraph(graph::Graph graph, std::span<const Value> inputs, const RunOptions& options = {});

  [[nodiscard]] const graph::Graph& graph() const noexcept { return graph_; }
  [[nodiscard]] const graph::FusionPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] std::size_t kernel_count() const;
  [[nodiscard]] const KernelModule& module() const { return *module_; }
  [[nodiscard]] std::vector<Value> run(std::span<const Value> inputs,
                                       std::span<const std::uint64_t> bindings) const;

 private:
  void compile(std::span<const Value> inputs);

  graph::Graph graph_;
  graph::FusionPlan plan_;
  RunOptions options_;
  std::vector<KernelRequest> requests_;
  std::vector<int> kernel_of_;  ///< by group, -1 for others
  std::unique_ptr<KernelModule> module_;
};

/// Runs what `graph` was compiled to, and compares its outputs with what is expected, bit for bit.
void expect_outputs(const CompiledGraph& compiled, const graph::Graph& graph,
                    std::span<const Value> inputs, std::span<const std::uint64_t> bindings,
                    std::span<const Value> expected);

/// Compares a graph as it is on the engine with the compiled form of what passes made of it, bit
/// for bit; none of `absent` may stand in the text of that. With GT_TEST_SHARE=n only the first of
/// every n calls in a process does anything: for targets and builds on which each takes long.
void expect_same_bits(const graph::Graph& graph, graph::Graph passed,
                      std::initializer_list<std::string_view> absent, std::span<const Value> inputs,
                      const RunOptions& options = {});
/// The same of a graph that is compiled without passes.
void expect_same_bits(const graph::Graph& graph, std::span<const Value> inputs,
                      const RunOptions& options = {});

/// Numbers around 0 with zeros, infinities, NaN, denormal and large ones among them.
[[nodiscard]] Value special_numbers(DType dtype, const Shape& shape, std::uint64_t seed);
/// Elements of the same memory, seen with these dimensions from `offset` on.
[[nodiscard]] Value seen(const Value& value, const Shape& shape, const Strides& strides,
                         std::int64_t offset);

}  // namespace gt::worker::jit

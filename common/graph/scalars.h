// The numbers of one run: bindings, sizes and what is derived from them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/graph/graph.h"

namespace gt::graph {

class RunScalars {
 public:
  /// `bindings` has one word for each binding of the graph, `input_shapes` the shape of each input.
  /// Throws CommonError(kInvalidArgument) if the graph does not hold for them: a guarded binding
  /// differs from its sample, a shape from that of the input, or two sizes contradict each other
  /// about a symbol. `graph` outlives this.
  RunScalars(const Graph& graph, std::span<const Shape> input_shapes,
             std::span<const std::uint64_t> bindings);

  /// Other bindings, for inputs of the same shapes. Allocates nothing. The graph has no symbols;
  /// guards are not looked at.
  void rebind(std::span<const std::uint64_t> bindings);

  [[nodiscard]] std::uint64_t word(const Word& word) const;
  [[nodiscard]] Attributes attributes(const Node& node) const;
  /// Values of the symbols; of those that nothing tells, as in the recorded run.
  [[nodiscard]] std::span<const std::int64_t> symbols() const noexcept { return symbols_; }
  [[nodiscard]] std::span<const std::uint64_t> bindings() const noexcept { return bindings_; }
  /// By index in Graph::derived().
  [[nodiscard]] std::span<const double> derived() const noexcept { return derived_; }

 private:
  void check_bindings() const;
  void derive();
  void solve_symbols(std::span<const Shape> input_shapes);
  void solve(const Size& size, std::int64_t value);
  [[nodiscard]] double number(DType category, const Word& word) const;

  const Graph& graph_;
  std::vector<std::uint64_t> bindings_;
  std::vector<std::int64_t> symbols_;
  std::vector<bool> is_solved_;
  std::vector<double> derived_;
};

/// What a derived scalar is where its operands are these.
[[nodiscard]] double apply(ScalarOp op, double first, double second);

/// Shapes of the inputs and bindings of the recorded run.
[[nodiscard]] std::vector<Shape> sample_input_shapes(const Graph& graph);
[[nodiscard]] std::vector<std::uint64_t> sample_bindings(const Graph& graph);

}  // namespace gt::graph

// Random graphs over the op table, with values to run them on.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "common/graph/builder.h"
#include "worker/engine/engine.h"

namespace gt::graph {

/// Whether engines of this build multiply matrices.
[[nodiscard]] bool has_products();

/// The same seed makes the same graph. There are matrix products in it where engines have them.
class RandomGraph {
 public:
  explicit RandomGraph(std::uint64_t seed, int nodes = 40);

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  /// Values for the inputs: small numbers, with zeros of both signs, infinities and NaN among them.
  [[nodiscard]] std::vector<worker::Value> inputs(worker::Engine& engine);

 private:
  int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(generator_); }
  ValueRef any() {
    return values_[static_cast<std::size_t>(pick(static_cast<int>(values_.size())))];
  }
  const TensorMeta& meta(ValueRef value) const { return builder_.graph().meta(value); }
  void add(Op op, std::initializer_list<RecordedOperand> operands,
           const Attributes& attributes = {});
  void add_any();
  void add_unary();
  void add_binary();
  void add_reduction();
  void add_view();
  void add_composite();
  void add_number();
  void add_draw();
  void add_product();
  void add_step();
  void add_windows();

  std::mt19937_64 generator_;
  GraphBuilder builder_;
  std::vector<ValueRef> values_;
  std::vector<ValueRef> inputs_;
  Graph graph_;
};

/// GT_TEST_SEED, or a fixed number.
[[nodiscard]] std::uint64_t first_seed();

}  // namespace gt::graph

// Composites as point-wise rows and reductions, in the arithmetic of the engine's own kernels, so
// that bits do not change: the same operations in the same order, sums by the one reduction tree,
// computation in float (double for float64) and one rounding at the end.
#pragma once

#include <initializer_list>
#include <vector>

#include "common/graph/rewriter.h"
#include "common/ops/loss_reduction.h"

namespace gt::graph {

/// Appends rows over new values, for one node of the source.
class RowEmitter {
 public:
  RowEmitter(Rewriter& rewriter, const Graph& source, NodeIndex node);

  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] NodeIndex index() const { return index_; }
  [[nodiscard]] const Graph& source() const { return source_; }
  /// The graph that is written.
  [[nodiscard]] const Graph& made() const { return rewriter_.graph(); }
  [[nodiscard]] Rewriter& rewriter() { return rewriter_; }
  [[nodiscard]] const Attributes& attributes() const { return attributes_; }
  [[nodiscard]] bool has_operand(std::size_t k) const { return operands_[k].is_tensor(); }
  /// Operand `k` of the node.
  [[nodiscard]] const Operand& operand(std::size_t k) const { return operands_[k]; }
  /// The same, cast to `dtype`.
  [[nodiscard]] Operand operand(std::size_t k, DType dtype) { return cast(operands_[k], dtype); }
  /// Attribute `k`, of one number, as a number operand.
  [[nodiscard]] Operand number(std::size_t k) const;
  [[nodiscard]] const ValueInfo& result(std::size_t k) const;
  [[nodiscard]] const TensorMeta& meta(const Operand& operand) const { return info(operand).meta; }
  [[nodiscard]] const ValueInfo& info(const Operand& operand) const;
  /// The dtype in which kernels compute result 0.
  [[nodiscard]] DType compute_dtype() const;

  Operand row(Op op, std::initializer_list<Operand> operands, const Attributes& attributes = {});
  Operand cast(const Operand& x, DType dtype);
  Operand add(const Operand& a, const Operand& b);
  Operand sub(const Operand& a, const Operand& b);
  Operand mul(const Operand& a, const Operand& b) { return row(Op::mul, {a, b}); }
  Operand div(const Operand& a, const Operand& b) { return row(Op::div, {a, b}); }
  /// a + alpha * b with one rounding, alpha a number.
  Operand add_scaled(const Operand& a, const Operand& b, const Operand& alpha);
  /// Reductions that keep the dims; sum and mean.
  Operand sum(const Operand& x, const Shape& dims, bool keep = true);
  Operand mean(const Operand& x, const Shape& dims, bool keep = true);
  Operand amax(const Operand& x, const Shape& dims);
  Operand reshape(const Operand& x, const Shape& shape);
  /// How many elements `value` has along `dims`, as a number of the graph.
  [[nodiscard]] Operand count(const ValueInfo& value, const Shape& dims);
  Operand derive(ScalarOp op, const Operand& a, const Operand& b) {
    return rewriter_.derive(op, a, b);
  }

  /// Result `k` of the node is `x`, cast to its dtype.
  void finish(std::uint32_t k, const Operand& x);

 private:
  Rewriter& rewriter_;
  const Graph& source_;
  NodeIndex index_;
  const Node& node_;
  Attributes attributes_;
  std::vector<Operand> operands_;
};

/// Of a loss, and of its gradient: attribute 0.
[[nodiscard]] LossReduction loss_reduction(const RowEmitter& emit);
/// log(sum(exp(x))) over `dims`, which are kept.
[[nodiscard]] Operand log_of_exponentials(RowEmitter& emit, const Operand& x, const Shape& dims);

// Each appends what its rows compute and returns true, or false, having appended nothing, where the
// kernel's bits cannot be had from rows.

[[nodiscard]] bool decompose_softmax(RowEmitter& emit);           ///< softmax, log_softmax
[[nodiscard]] bool decompose_softmax_backward(RowEmitter& emit);  ///< and log_softmax_backward
[[nodiscard]] bool decompose_layer_norm(RowEmitter& emit);
[[nodiscard]] bool decompose_layer_norm_backward(RowEmitter& emit);
[[nodiscard]] bool decompose_batch_norm(RowEmitter& emit);
[[nodiscard]] bool decompose_batch_norm_backward(RowEmitter& emit);
[[nodiscard]] bool decompose_max_pool(RowEmitter& emit);
[[nodiscard]] bool decompose_max_pool_backward(RowEmitter& emit);
[[nodiscard]] bool decompose_average_pool(RowEmitter& emit);
[[nodiscard]] bool decompose_average_pool_backward(RowEmitter& emit);
[[nodiscard]] bool decompose_plane_mean(RowEmitter& emit);  ///< adaptive_avg_pool2d
[[nodiscard]] bool decompose_plane_mean_backward(RowEmitter& emit);
[[nodiscard]] bool decompose_mse_loss(RowEmitter& emit);
[[nodiscard]] bool decompose_mse_loss_backward(RowEmitter& emit);
[[nodiscard]] bool decompose_cross_entropy(RowEmitter& emit);
[[nodiscard]] bool decompose_cross_entropy_backward(RowEmitter& emit);
[[nodiscard]] bool decompose_fold(RowEmitter& emit);  ///< sum, mean, prod, amax, amin
[[nodiscard]] bool decompose_var(RowEmitter& emit);
[[nodiscard]] bool decompose_logsumexp(RowEmitter& emit);
[[nodiscard]] bool decompose_norm(RowEmitter& emit);   ///< vector_norm
[[nodiscard]] bool decompose_truth(RowEmitter& emit);  ///< all, any, count_nonzero
[[nodiscard]] bool decompose_adam_update(RowEmitter& emit);

}  // namespace gt::graph

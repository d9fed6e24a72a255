// The nodes of the recorded graph.
#pragma once

#include <gt/autograd.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "client/src/signals/context.h"
#include "client/src/tensor/tensor_impl.h"
#include "common/ops/gradient.h"
#include "common/ops/inference.h"

namespace gt::detail {

/// Elements start .. start + length along one dim.
struct PartRegion {
  std::int64_t dim = 0;
  std::int64_t start = 0;
  std::int64_t length = 0;
};

/// A node as the engine sees it.
class GradientNode : public autograd::Node {
 public:
  /// The gradients of the operands from those of the results; empty references mean none, in both
  /// directions. At least one of `grads` is given.
  [[nodiscard]] virtual std::vector<ValueRef> apply(std::span<const ValueRef> grads) = 0;
  /// Lets go of the saved values; `apply` throws from then on if there were any.
  virtual void release() noexcept {}
  /// Shape and dtype of the gradient of result `k`.
  [[nodiscard]] virtual TensorMeta input_meta(std::uint32_t k) const = 0;
  /// True for the accumulator of a leaf.
  [[nodiscard]] virtual bool is_accumulator() const noexcept { return false; }
  /// True if this records that a matrix was transposed.
  [[nodiscard]] virtual bool is_transpose() const { return false; }
  /// Of a view of one part of a tensor (a slice with step 1, a selected row): which.
  [[nodiscard]] virtual std::optional<PartRegion> region() const { return std::nullopt; }

  /// As `client::recorded_signal`, when the node was made.
  const config::Signal* const signal = client::recorded_signal();
  /// Tensors whose `.grad` keeps the gradient of a result, and which result.
  std::vector<std::pair<std::uint32_t, std::weak_ptr<TensorImpl>>> retained;
};

/// The nodes of this client are all GradientNodes.
[[nodiscard]] inline GradientNode& gradient_node(autograd::Node& node) {
  return static_cast<GradientNode&>(node);
}

/// A recorded instruction; its gradient is the rule of its row.
class OpNode final : public GradientNode {
 public:
  /// `operands` are none where their values are not saved; numbers are always there. `name` is of
  /// static lifetime, or null for the name that follows from the row.
  OpNode(const OpRow& row, const Attributes& attributes, const char* name,
         std::vector<OperandMeta> operand_metas, std::vector<TensorMeta> result_metas,
         std::vector<Argument<ValueRef>> operands, std::vector<ValueRef> results,
         std::vector<autograd::Edge> edges);

  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::vector<ValueRef> apply(std::span<const ValueRef> grads) override;
  void release() noexcept override;
  [[nodiscard]] TensorMeta input_meta(std::uint32_t k) const override { return result_metas_[k]; }
  [[nodiscard]] bool is_transpose() const override;
  [[nodiscard]] std::optional<PartRegion> region() const override;

 private:
  const OpRow& row_;
  Attributes attributes_;
  const char* name_;
  std::vector<OperandMeta> operand_metas_;
  std::vector<TensorMeta> result_metas_;
  std::vector<Argument<ValueRef>> operands_;
  std::vector<ValueRef> results_;
  bool saves_values_ = false;
  bool released_ = false;
};

/// A copy or an overwrite: edge 0 is the source, edge 1 what was overwritten (or invalid). `op` is
/// the function that made it (`clone`, `fill_`), of static lifetime.
class CopyNode final : public GradientNode {
 public:
  CopyNode(const char* op, TensorMeta result, TensorMeta source, autograd::Edge source_edge,
           autograd::Edge destination_edge);
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::vector<ValueRef> apply(std::span<const ValueRef> grads) override;
  [[nodiscard]] TensorMeta input_meta(std::uint32_t) const override { return result_; }

 private:
  const char* op_;
  TensorMeta result_;
  TensorMeta source_;
};

/// Adds what arrives to `.grad` of a leaf.
class AccumulateGrad final : public GradientNode {
 public:
  explicit AccumulateGrad(std::shared_ptr<TensorImpl> leaf);
  [[nodiscard]] std::string name() const override { return "torch::autograd::AccumulateGrad"; }
  [[nodiscard]] std::vector<ValueRef> apply(std::span<const ValueRef> grads) override;
  [[nodiscard]] TensorMeta input_meta(std::uint32_t k) const override;
  [[nodiscard]] bool is_accumulator() const noexcept override { return true; }
  [[nodiscard]] const std::shared_ptr<TensorImpl>& leaf() const noexcept { return leaf_; }

 private:
  std::shared_ptr<TensorImpl> leaf_;
};

/// Adds `grad` into `impl.grad`: the first becomes it, later ones change it in place.
void accumulate_grad(TensorImpl& impl, const ValueRef& grad);

/// `grad` summed over the dims in which it was broadcast from `shape`, and cast to `dtype`.
[[nodiscard]] ValueRef reduce_to(ValueRef grad, const Shape& shape, DType dtype);

}  // namespace gt::detail

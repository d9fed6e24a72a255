// The reduction tree of engine/native/kernels/reduction_tree.h as instructions.
#pragma once

#include <functional>

#include "worker/jit/llvm/elements.h"
#include "worker/jit/llvm/flow.h"
#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {

inline constexpr std::int64_t kFoldBlock = 4096;
inline constexpr std::int64_t kFoldLanes = 64;

/// What one fold does with values of its compute type; appends to the innermost Lanes.
class Fold {
 public:
  explicit Fold(const PlanNode& node) : op_(node.op), type_(node.type), dtype_(node.dtype) {}

  [[nodiscard]] ComputeType type() const noexcept { return type_; }
  [[nodiscard]] llvm::Value* identity() const;
  /// `a` stands before `b` in the tree.
  [[nodiscard]] llvm::Value* combine(llvm::Value* a, llvm::Value* b) const;
  /// Whether combining costs less where no operand is NaN.
  [[nodiscard]] bool looks_for_nan() const noexcept;
  /// The same as `combine` if neither is NaN.
  [[nodiscard]] llvm::Value* combine_ordered(llvm::Value* a, llvm::Value* b) const;
  /// The result as it is held; `count` elements (i64) were folded.
  [[nodiscard]] llvm::Value* finish(llvm::Value* total, llvm::Value* count) const;
  /// Combines the lanes of a block, which lie in equal vectors one after the other.
  [[nodiscard]] llvm::Value* total(Values lanes) const;

 private:
  Op op_;
  ComputeType type_;
  DType dtype_;
};

/// The binary counter that combines blocks, or lanes: partial results lie in slots of memory, which
/// `combine(lower, upper)` combines into the lower one.
class BinaryCounter {
 public:
  using Combine = std::function<void(llvm::Value* lower, llvm::Value* upper)>;
  BinaryCounter(llvm::IRBuilder<>& builder, Combine combine)
      : builder_(builder), combine_(std::move(combine)) {}

  /// The slot in which value number `count` (from 0) is to be put before it is pushed.
  [[nodiscard]] llvm::Value* slot(llvm::Value* count) const;
  void push(llvm::Value* count) const;
  /// Combines what `count` pushes have left into slot 0.
  void finish(llvm::Value* count) const;

 private:
  llvm::IRBuilder<>& builder_;
  Combine combine_;
};

}  // namespace gt::worker::jit

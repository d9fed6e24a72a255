// How code reads what a call gives to a kernel (KernelArguments), and finds a loop's parameters
// there.
#pragma once

#include "worker/jit/llvm/geometry.h"
#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {

/// Appends instructions that read KernelArguments, to which `arguments` points.
class ArgumentCode {
 public:
  ArgumentCode(llvm::IRBuilder<>& builder, llvm::Value* arguments)
      : builder_(builder), arguments_(arguments) {}

  /// In the order of the loop's size parameters.
  [[nodiscard]] Values sizes(const LoopParameters& parameters) const;
  /// Tensors, the given sizes, strides and words: what the loop's function takes.
  [[nodiscard]] Values all(const LoopParameters& parameters, const Values& sizes) const;
  [[nodiscard]] llvm::Value* field(std::size_t offset, llvm::Type* type) const;

 private:
  [[nodiscard]] llvm::Value* entry(std::size_t table, std::uint32_t index, llvm::Type* type) const;
  [[nodiscard]] llvm::Value* size(std::uint32_t index) const;
  [[nodiscard]] llvm::Value* size(const SizeProduct& product) const;
  [[nodiscard]] llvm::Value* stride(const StrideChoice& choice) const;
  [[nodiscard]] llvm::Value* word(const graph::Word& word) const;

  llvm::IRBuilder<>& builder_;
  llvm::Value* arguments_;
};

}  // namespace gt::worker::jit

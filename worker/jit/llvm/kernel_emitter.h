// Writes the functions of kernels: what fetches a run's tensors, sizes, strides and numbers, and
// calls the loops. Loops with equal plans are written once a module, and so is what equal kernels
// do beside them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {

/// Names of the functions of kernel number `index`.
[[nodiscard]] std::string run_name(std::size_t index);
[[nodiscard]] std::string needs_name(std::size_t index);

class KernelEmitter {
 public:
  KernelEmitter(llvm::Module& module, const Machine& machine, Costs& costs, const Tuning& tuning)
      : module_(module), machine_(machine), costs_(costs), tuning_(tuning) {}

  void emit(std::size_t index, std::span<const LoweredLoop> loops);

 private:
  struct KnownLoop {
    std::unique_ptr<LoopPlan> plan;
    std::unique_ptr<LoopEmitter> emitter;
    llvm::Function* function = nullptr;
  };
  /// A loop with the sizes of a run.
  struct PlacedLoop {
    const LoweredLoop* loop = nullptr;
    const KnownLoop* known = nullptr;
    Values size_parameters;
    Sizes sizes;
    llvm::Value* units = nullptr;
  };
  /// A kernel that is written: what its functions depend on.
  struct KnownKernel {
    std::vector<const LoopPlan*> plans;  ///< of the known loops
    std::vector<LoopParameters> parameters;
    llvm::Function* run = nullptr;
    llvm::Function* needs = nullptr;

    [[nodiscard]] bool has_needs_of(const KnownKernel& other) const;
  };
  const KnownLoop& known(const LoopPlan& plan);
  llvm::Function* declare(const std::string& name, llvm::ArrayRef<llvm::Type*> parameters);
  std::vector<PlacedLoop> place(llvm::IRBuilder<>& builder, llvm::Value* arguments,
                                std::span<const LoweredLoop> loops);
  llvm::Function* emit_run(std::size_t index, std::span<const LoweredLoop> loops);
  llvm::Function* emit_needs(std::size_t index, std::span<const LoweredLoop> loops);

  llvm::Module& module_;
  const Machine& machine_;
  Costs& costs_;
  const Tuning tuning_;
  std::vector<KnownLoop> known_;
  std::vector<KnownKernel> kernels_;
};

}  // namespace gt::worker::jit

// What code is made for.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>

namespace gt::worker::jit {

/// A kind of processor, in LLVM's names.
struct Processor {
  std::string triple, name, features;
  unsigned vector_bytes = 16;  ///< of the widest vectors that pay
  /// Whether loads and stores of some lanes cost no more than of all.
  bool has_masks = false;
  bool converts_half = false;
  /// Of which the registers hold what long arithmetic has at hand.
  unsigned vectors_together = 4;
  /// Whether kernels may go by index: they have to tell of indices that they refuse.
  bool tells_refusals = true;
  /// How far ahead code asks for large operands that are walked in order: most processors do so
  /// themselves within a page only. 0: not at all, the processor does better alone.
  std::int64_t fetch_bytes = 2048;

  /// That of this process.
  [[nodiscard]] static Processor host();
  /// Any AArch64, with NEON; its code generator has to be registered by the caller.
  [[nodiscard]] static Processor aarch64();
  /// A GPU of NVIDIA; `architecture` is `sm_70` to `sm_90`.
  [[nodiscard]] static Processor nvptx(const std::string& architecture);
};

class Machine {
 public:
  /// Throws CommonError(kInternal) if LLVM does not know the processor.
  explicit Machine(Processor processor);

  /// Names GT, the build of its compiler, LLVM and processor.
  [[nodiscard]] const std::string& description() const noexcept { return description_; }
  [[nodiscard]] const Processor& processor() const noexcept { return processor_; }

  void prepare(llvm::Module& module) const;
  /// Throws CommonError(kInternal) for unsound code, which the emitter must not make.
  void optimise(llvm::Module& module) const;
  /// The module as an object file, or as assembly text.
  [[nodiscard]] std::string object_of(llvm::Module& module) const;
  [[nodiscard]] std::string assembly_of(llvm::Module& module) const;

 private:
  [[nodiscard]] std::string emit(llvm::Module& module, llvm::CodeGenFileType type) const;

  Processor processor_;
  std::unique_ptr<llvm::TargetMachine> target_;
  std::string description_;
};

}  // namespace gt::worker::jit

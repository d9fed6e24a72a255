// The processor that code is made for.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>

namespace gt::worker::jit {

class Machine {
 public:
  /// That of this process. Throws CommonError(kInternal) if LLVM does not know it.
  Machine();

  [[nodiscard]] const std::string& description() const noexcept { return description_; }
  /// Bytes of the widest vectors that pay.
  [[nodiscard]] unsigned vector_bytes() const noexcept { return vector_bytes_; }
  /// Whether loads and stores of some lanes cost no more than of all.
  [[nodiscard]] bool has_masks() const noexcept { return has_masks_; }
  [[nodiscard]] bool converts_half() const noexcept { return converts_half_; }

  void prepare(llvm::Module& module) const;
  void optimise(llvm::Module& module) const;
  /// The module as an object file, or as assembly text.
  [[nodiscard]] std::string object_of(llvm::Module& module) const;
  [[nodiscard]] std::string assembly_of(llvm::Module& module) const;

 private:
  [[nodiscard]] std::string emit(llvm::Module& module, llvm::CodeGenFileType type) const;

  std::unique_ptr<llvm::TargetMachine> target_;
  std::string description_;
  unsigned vector_bytes_ = 16;
  bool has_masks_ = false;
  bool converts_half_ = false;
};

}  // namespace gt::worker::jit

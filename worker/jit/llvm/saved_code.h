// The files that CompileOptions::save_to asks for.
#pragma once

#include <llvm/IR/Module.h>

#include <string>

#include "worker/jit/kernel.h"

namespace gt::worker::jit {

class SavedCode {
 public:
  explicit SavedCode(const CompileOptions& options) : options_(options) {}
  [[nodiscard]] bool is_wanted() const { return !options_.save_to.empty(); }
  /// What cannot be written is told on standard error, once, and left out: the kernels do without.
  void write(const char* suffix, const std::string& text);

 private:
  const CompileOptions& options_;
  bool has_failed_ = false;
};

[[nodiscard]] std::string text_of(const llvm::Module& module);

}  // namespace gt::worker::jit

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
  /// Throws CommonError(kInternal) naming the file that cannot be written.
  void write(const char* suffix, const std::string& text) const;

 private:
  const CompileOptions& options_;
};

[[nodiscard]] std::string text_of(const llvm::Module& module);

}  // namespace gt::worker::jit

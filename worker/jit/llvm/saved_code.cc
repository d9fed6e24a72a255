#include "worker/jit/llvm/saved_code.h"

#include <llvm/Support/raw_ostream.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace gt::worker::jit {

void SavedCode::write(const char* suffix, const std::string& text) {
  if (has_failed_) return;
  const std::filesystem::path folder = options_.save_to;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::filesystem::path path = folder / (options_.name + suffix);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return;
  has_failed_ = true;
  std::fprintf(stderr, "gt worker: GT_SAVE_COMPILED_CODE: cannot write %s\n", path.c_str());
}

std::string text_of(const llvm::Module& module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}

}  // namespace gt::worker::jit

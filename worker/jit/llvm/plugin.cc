// The plugin `jit`: kernels compiled by LLVM, in process.
#include <llvm/Config/llvm-config.h>

#include "worker/jit/llvm/compiler.h"

extern "C" [[gnu::visibility("default")]] const gt::worker::jit::CompilerPlugin*
gt_compiler_plugin() {
  static constexpr gt::worker::jit::CompilerPlugin kPlugin{
      gt::worker::jit::kCompilerPluginVersion, "LLVM " LLVM_VERSION_STRING,
      [] { return gt::worker::jit::make_host_compiler().release(); }};
  return &kPlugin;
}

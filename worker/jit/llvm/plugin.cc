// The plugin `jit`: kernels compiled by LLVM, in process.
#include <llvm/Config/llvm-config.h>

#include <charconv>
#include <string_view>

#include "worker/jit/llvm/compiler.h"
#include "worker/jit/llvm/gpu/cuda_device.h"

namespace gt::worker::jit {
namespace {

KernelCompiler* make_compiler(const char* name) {
  constexpr std::string_view kGpu = "cuda:";
  const std::string_view device = name;
  if (!device.starts_with(kGpu)) return make_host_compiler().release();
  int index = 0;
  std::from_chars(device.data() + kGpu.size(), device.data() + device.size(), index);
  return make_gpu_compiler(make_cuda_device(index)).release();
}

}  // namespace
}  // namespace gt::worker::jit

extern "C" [[gnu::visibility("default")]] const gt::worker::jit::CompilerPlugin*
gt_compiler_plugin() {
  static constexpr gt::worker::jit::CompilerPlugin kPlugin{gt::worker::jit::kCompilerPluginVersion,
                                                           "LLVM " LLVM_VERSION_STRING,
                                                           &gt::worker::jit::make_compiler};
  return &kPlugin;
}

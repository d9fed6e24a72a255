#include "worker/engine/plugin.h"
#include "worker/jit/kernel.h"

namespace gt::worker::jit {

const CompilerPlugin& load_compiler_plugin(std::string& path) {
  return load_plugin_entry<CompilerPlugin>("jit", "gt_compiler_plugin", kCompilerPluginVersion,
                                           path);
}

std::unique_ptr<KernelCompiler> load_compiler(const std::string& device) {
  std::string path;
  const CompilerPlugin& plugin = load_compiler_plugin(path);
  std::unique_ptr<KernelCompiler> compiler;
  if (plugin.make != nullptr) compiler.reset(plugin.make(device.c_str()));
  if (compiler == nullptr) fail_to_load(path, "it made no compiler");
  return compiler;
}

}  // namespace gt::worker::jit

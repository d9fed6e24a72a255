// The compiler under test: that of the plugin, for this machine.
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {

KernelCompiler& test_compiler() {
  static const std::unique_ptr<KernelCompiler> made = load_compiler();
  return *made;
}

}  // namespace gt::worker::jit

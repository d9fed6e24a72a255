// The compiler under test where the tests of the compiler run for another target: GT_TEST_TARGET is
// `gpu` (simulated, with GT_TEST_PTXAS the assembler), `cuda` (a GPU, by its driver alone) or
// `aarch64` (under an emulator).
#include <cstdlib>

#include "common/error.h"
#include "tests/targets/driver_room.h"
#include "tests/targets/remote_compiler.h"
#include "tests/targets/simulated_gpu.h"
#include "tests/unit/jit/run_kernels.h"
#include "worker/jit/llvm/gpu/cuda_device.h"

namespace gt::worker::jit {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value != nullptr ? value : "";
}

std::unique_ptr<KernelCompiler> make() {
  const std::string target = variable("GT_TEST_TARGET");
  if (target == "gpu") return make_gpu_compiler(make_simulated_gpu(variable("GT_TEST_PTXAS")));
  if (target == "cuda")
    return make_staged_compiler(make_gpu_compiler(make_cuda_device(0)), make_driver_room());
  if (target == "aarch64")
    return make_remote_compiler({variable("GT_TEST_LINKER"),
                                 {variable("GT_TEST_EMULATOR"), "-L", variable("GT_TEST_ROOT")},
                                 variable("GT_TEST_SERVER")});
  throw CommonError(ErrorKind::kInvalidArgument,
                    "GT_TEST_TARGET is '" + target + "'; it should be gpu, cuda or aarch64");
}

}  // namespace

KernelCompiler& test_compiler() {
  static const std::unique_ptr<KernelCompiler> made = make();
  return *made;
}

}  // namespace gt::worker::jit

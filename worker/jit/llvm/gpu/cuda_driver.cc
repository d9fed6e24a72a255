#include "worker/jit/llvm/gpu/cuda_driver.h"

#include <dlfcn.h>

#include "common/error.h"

namespace gt::worker::jit {
namespace {

constexpr const char* kLibrary = "libcuda.so.1";

[[noreturn]] void fail(const std::string& message) {
  throw CommonError(ErrorKind::kInternal, message);
}

template <class Function>
void find(void* library, const char* name, Function*& into) {
  into = reinterpret_cast<Function*>(dlsym(library, name));
  if (into == nullptr) fail(std::string(kLibrary) + " has no function " + name);
}

CudaDriver load() {
  void* library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    fail(std::string("there is no driver for NVIDIA GPUs: ") +
         dlerror());  // NOLINT(concurrency-mt-unsafe)
  CudaDriver driver{};
  // The names that cuda.h gives to the present versions of these functions.
  find(library, "cuInit", driver.init);
  find(library, "cuDeviceGet", driver.device_get);
  find(library, "cuDeviceGetAttribute", driver.device_get_attribute);
  find(library, "cuDeviceGetName", driver.device_get_name);
  find(library, "cuDevicePrimaryCtxRetain", driver.primary_context_retain);
  find(library, "cuDevicePrimaryCtxRelease_v2", driver.primary_context_release);
  find(library, "cuCtxPushCurrent_v2", driver.context_push);
  find(library, "cuCtxPopCurrent_v2", driver.context_pop);
  find(library, "cuCtxSynchronize", driver.context_synchronize);
  find(library, "cuModuleLoadDataEx", driver.module_load_data);
  find(library, "cuModuleUnload", driver.module_unload);
  find(library, "cuModuleGetFunction", driver.module_get_function);
  find(library, "cuLaunchKernel", driver.launch_kernel);
  find(library, "cuStreamGetCaptureInfo_v2", driver.stream_get_capture_info);
  find(library, "cuGraphExecKernelNodeSetParams_v2", driver.graph_set_kernel_node);
  find(library, "cuGetErrorString", driver.get_error_string);
  driver.check(driver.init(0), "start the driver of the GPU");
  return driver;
}

}  // namespace

const CudaDriver& CudaDriver::get() {
  static const CudaDriver driver = load();
  return driver;
}

void CudaDriver::check(CudaResult result, const std::string& what) const {
  if (result == 0) return;
  const char* text = nullptr;
  if (get_error_string(result, &text) != 0 || text == nullptr) text = "an error without a name";
  fail("cannot " + what + ": " + text);
}

}  // namespace gt::worker::jit

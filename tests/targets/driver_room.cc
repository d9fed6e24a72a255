#include "tests/targets/driver_room.h"

#include <dlfcn.h>

#include "common/error.h"
#include "worker/jit/llvm/gpu/cuda_driver.h"

namespace gt::worker::jit {
namespace {

using DevicePointer = std::uint64_t;

/// A function of the driver by the name that its present version has in the library.
template <class Function>
Function* function_of(const char* name) {
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  void* found = library != nullptr ? dlsym(library, name) : nullptr;
  if (found == nullptr)
    throw CommonError(ErrorKind::kInternal, std::string("the driver has no function ") + name);
  return reinterpret_cast<Function*>(found);
}

/// Calls one that gives a status.
template <class... Parameters, class... Arguments>
void call(const char* name, CudaResult (*function)(Parameters...), Arguments... arguments) {
  CudaDriver::get().check(function(arguments...), std::string("call ") + name);
}
#define GT_CALL(name, signature, ...) \
  call(#name, function_of<CudaResult signature>(#name), __VA_ARGS__)

void wait_for_gpu() {
  CudaDriver::get().check(CudaDriver::get().context_synchronize(), "wait for the GPU");
}

class DriverCopy final : public DeviceCopy {
 public:
  explicit DriverCopy(std::span<const std::byte> bytes) {
    GT_CALL(cuMemAlloc_v2, (DevicePointer*, std::size_t), &place_, bytes.size() + 1);
    if (!bytes.empty())
      GT_CALL(cuMemcpyHtoD_v2, (DevicePointer, const void*, std::size_t), place_,
              static_cast<const void*>(bytes.data()), bytes.size());
  }
  DriverCopy(const DriverCopy&) = delete;
  DriverCopy& operator=(const DriverCopy&) = delete;
  ~DriverCopy() override {
    static auto* const release = function_of<CudaResult(DevicePointer)>("cuMemFree_v2");
    release(place_);
  }
  [[nodiscard]] void* place() override { return reinterpret_cast<void*>(place_); }
  void fetch(std::span<std::byte> bytes) override {
    wait_for_gpu();
    if (!bytes.empty())
      GT_CALL(cuMemcpyDtoH_v2, (void*, DevicePointer, std::size_t),
              static_cast<void*>(bytes.data()), place_, bytes.size());
  }

 private:
  DevicePointer place_ = 0;
};

/// The context is that of this thread from then on.
class CudaRoom final : public DriverRoom {
 public:
  CudaRoom() {
    const CudaDriver& driver = CudaDriver::get();
    CudaDevice device = 0;
    CudaContext context = nullptr;
    driver.check(driver.device_get(&device, 0), "find a GPU");
    driver.check(driver.primary_context_retain(&context, device), "use the GPU");
    driver.check(driver.context_push(context), "enter the GPU's context");
    constexpr unsigned kNonBlocking = 1;
    GT_CALL(cuStreamCreate, (CudaStream*, unsigned), &stream_, kNonBlocking);
  }
  [[nodiscard]] std::unique_ptr<DeviceCopy> copy(std::span<const std::byte> bytes) override {
    auto made = std::make_unique<DriverCopy>(bytes);
    wait();  // the stream does not wait for the copy by itself
    return made;
  }
  [[nodiscard]] void* queue() override { return stream_; }
  void wait() override { wait_for_gpu(); }
  void begin_capture() override {
    constexpr int kThreadLocal = 1;
    GT_CALL(cuStreamBeginCapture_v2, (CudaStream, int), stream_, kThreadLocal);
  }
  [[nodiscard]] void* end_capture() override {
    CudaGraph graph = nullptr;
    CudaGraphExecutable executable = nullptr;
    GT_CALL(cuStreamEndCapture, (CudaStream, CudaGraph*), stream_, &graph);
    GT_CALL(cuGraphInstantiateWithFlags, (CudaGraphExecutable*, CudaGraph, unsigned long long),
            &executable, graph, 0ULL);
    return executable;
  }
  void start(void* graph) override {
    GT_CALL(cuGraphLaunch, (CudaGraphExecutable, CudaStream),
            static_cast<CudaGraphExecutable>(graph), stream_);
  }

 private:
  CudaStream stream_ = nullptr;
};

}  // namespace

std::shared_ptr<DriverRoom> make_driver_room() { return std::make_shared<CudaRoom>(); }

}  // namespace gt::worker::jit

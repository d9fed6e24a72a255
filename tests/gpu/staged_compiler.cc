// The compiler under test where the tests of compiled kernels run on a GPU, in the memory of the
// CUDA engine.
#include "tests/targets/staged_compiler.h"

#include <cstring>

#include "tests/gpu/cuda_engine.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using conformance::cuda_engine;

class EngineCopy final : public DeviceCopy {
 public:
  explicit EngineCopy(std::span<const std::byte> bytes)
      : value_(cuda_engine().engine->from_host(
            {DType::kUInt8, Shape{static_cast<std::int64_t>(bytes.size())}, {}}, bytes)) {}
  [[nodiscard]] void* place() override { return value_.bytes(); }
  void fetch(std::span<std::byte> bytes) override {
    const std::vector<std::byte> made = cuda_engine().engine->to_host(value_);
    std::memcpy(bytes.data(), made.data(), made.size());
  }

 private:
  Value value_;
};

class EngineRoom final : public DeviceRoom {
 public:
  [[nodiscard]] std::unique_ptr<DeviceCopy> copy(std::span<const std::byte> bytes) override {
    return std::make_unique<EngineCopy>(bytes);
  }
  [[nodiscard]] void* queue() override { return cuda_engine().engine->queue(); }
};

}  // namespace

KernelCompiler& test_compiler() {
  static const std::unique_ptr<KernelCompiler> made =
      make_staged_compiler(load_compiler("cuda:0"), std::make_shared<EngineRoom>());
  return *made;
}

}  // namespace gt::worker::jit

// The plugin engine_torch_cuda: every row on one GPU, in the memory of LibTorch's CUDA caching
// allocator.
#include <c10/core/Device.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "worker/engine/library.h"
#include "worker/engine/reference/reference_engine.h"
#include "worker/engine/torch/aten/aten_engine.h"
#include "worker/engine/torch/aten/boxed_call.h"
#include "worker/engine/torch_cuda/cuda_graph.h"

namespace gt::worker {
namespace {

namespace caching_allocator = c10::cuda::CUDACachingAllocator;

/// Share of the free memory of a GPU that a worker takes unless told otherwise.
constexpr double kStandardShare = 0.8;

struct MemorySizes {
  std::size_t free = 0;
  std::size_t total = 0;
};

MemorySizes memory_sizes(c10::DeviceIndex index) {
  const c10::cuda::CUDAGuard guard(index);
  MemorySizes sizes;
  C10_CUDA_CHECK(cudaMemGetInfo(&sizes.free, &sizes.total));
  return sizes;
}

class CudaMemory final : public aten::DeviceMemory {
 public:
  CudaMemory(c10::DeviceIndex index, std::size_t limit) : index_(index) {
    const MemorySizes sizes = memory_sizes(index);
    limit_ = limit != 0
                 ? limit
                 : static_cast<std::size_t>(static_cast<double>(sizes.free) * kStandardShare);
    const double share = static_cast<double>(limit_) / static_cast<double>(sizes.total);
    caching_allocator::setMemoryFraction(std::min(share, 1.0), index);
  }

  [[nodiscard]] std::size_t bytes_in_use() const noexcept override {
    using namespace c10::CachingAllocator;
    const auto stats = caching_allocator::getDeviceStats(index_);
    return static_cast<std::size_t>(
        stats.allocated_bytes[static_cast<std::size_t>(StatType::AGGREGATE)].current);
  }
  [[nodiscard]] std::size_t limit() const noexcept override { return limit_; }

  [[nodiscard]] bool takes_kernels() const noexcept override { return true; }
  [[nodiscard]] void* queue() const override {
    return c10::cuda::getCurrentCUDAStream(index_).stream();
  }
  [[nodiscard]] bool has_graphs() const noexcept override { return true; }
  [[nodiscard]] std::unique_ptr<WorkGraph> begin_capture() override {
    if (!captured_) captured_ = c10::cuda::getStreamFromPool(false, index_);
    return begin_cuda_graph(*captured_);
  }

  void synchronize() override {
    const c10::cuda::CUDAGuard guard(index_);
    c10::cuda::device_synchronize();
  }

 private:
  c10::DeviceIndex index_;
  std::size_t limit_ = 0;
  std::optional<c10::cuda::CUDAStream> captured_;  ///< the stream of all captures
};

/// The number in `cuda:N`; the caller has checked the form.
c10::DeviceIndex device_index(const std::string& device) {
  int index = 0;
  std::from_chars(device.data() + device.find(':') + 1, device.data() + device.size(), index);
  const c10::DeviceIndex count = c10::cuda::device_count();
  if (index >= count)
    throw CommonError(ErrorKind::kInvalidArgument, "there is no device " + device +
                                                       ": this machine has " +
                                                       std::to_string(count) + " CUDA devices");
  return static_cast<c10::DeviceIndex>(index);
}

Engine* make_cuda_engine(const EngineOptions& options) {
  return aten::translate_errors([&] {
    const c10::DeviceIndex index = device_index(options.device);
    c10::cuda::set_device(index);
    caching_allocator::init(c10::cuda::device_count());
    return aten::make_aten_engine(c10::Device(c10::kCUDA, index),
                                  std::make_unique<CudaMemory>(index, options.memory_limit),
                                  make_reference_engine({}))
        .release();
  });
}

constexpr LibraryPlugin kPlugin{kLibraryPluginVersion, "LibTorch CUDA", nullptr, make_cuda_engine};

}  // namespace
}  // namespace gt::worker

extern "C" __attribute__((visibility("default"))) const gt::worker::LibraryPlugin*
gt_library_plugin() {
  return &gt::worker::kPlugin;
}

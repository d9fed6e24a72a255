#include "worker/engine/torch_cuda/cuda_graph.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <optional>

#include "worker/engine/torch/aten/boxed_call.h"

namespace gt::worker {
namespace {

class CudaWorkGraph final : public WorkGraph {
 public:
  explicit CudaWorkGraph(const c10::cuda::CUDAStream& stream) : index_(stream.device_index()) {
    stream_.emplace(stream);
    // Other threads, such as the one that compiles, may go on calling the driver meanwhile.
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    is_capturing_ = true;
  }
  CudaWorkGraph(const CudaWorkGraph&) = delete;
  CudaWorkGraph& operator=(const CudaWorkGraph&) = delete;
  ~CudaWorkGraph() override {
    if (!is_capturing_) return;
    try {
      graph_.capture_end();
    } catch (const std::exception&) {
      static_cast<void>(cudaGetLastError());  // the capture has failed, and that is known
    }
  }

  void finish() override {
    aten::translate_errors([&] {
      is_capturing_ = false;
      graph_.capture_end();
      stream_.reset();
      graph_.instantiate();
      handle_ = graph_.raw_cuda_graph_exec();
    });
  }
  [[nodiscard]] void* handle() const noexcept override { return handle_; }
  void start() override {
    aten::translate_errors([&] { graph_.replay(); });
  }
  void copy(void* to, const void* from, std::size_t bytes) override {
    aten::translate_errors([&] {
      C10_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice,
                                     c10::cuda::getCurrentCUDAStream(index_).stream()));
    });
  }

 private:
  c10::DeviceIndex index_;
  /// Kept beside what is made of it, whose launches are named by its nodes.
  at::cuda::CUDAGraph graph_{/*keep_graph=*/true};
  std::optional<c10::cuda::CUDAStreamGuard> stream_;
  bool is_capturing_ = false;
  void* handle_ = nullptr;
};

}  // namespace

std::unique_ptr<WorkGraph> begin_cuda_graph(const c10::cuda::CUDAStream& stream) {
  return aten::translate_errors([&] { return std::make_unique<CudaWorkGraph>(stream); });
}

}  // namespace gt::worker

// Graphs of one GPU, through LibTorch: its allocator and its libraries know of the capture.
#pragma once

#include <c10/cuda/CUDAStream.h>

#include <memory>

#include "worker/engine/work_graph.h"

namespace gt::worker {

/// Begins a capture in the stream, which is LibTorch's current one until it is finished. The
/// default stream cannot be captured; libraries keep a workspace for each stream that they have
/// seen.
[[nodiscard]] std::unique_ptr<WorkGraph> begin_cuda_graph(const c10::cuda::CUDAStream& stream);

}  // namespace gt::worker

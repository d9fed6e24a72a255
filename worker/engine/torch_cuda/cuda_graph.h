// Graphs of one GPU, through LibTorch: its allocator and its libraries know of the capture.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "worker/engine/work_graph.h"

namespace gt::worker {

/// Begins a capture in a stream of its own, which is LibTorch's current one until it is finished.
[[nodiscard]] std::unique_ptr<WorkGraph> begin_cuda_graph(c10::DeviceIndex index);

}  // namespace gt::worker

// Kernels on a GPU of NVIDIA, through its driver.
#pragma once

#include <memory>

#include "worker/jit/llvm/gpu/gpu_compiler.h"

namespace gt::worker::jit {

/// GPU number `index`. Throws CommonError(kInternal) where it cannot be used, with the reason.
[[nodiscard]] std::unique_ptr<GpuDevice> make_cuda_device(int index);

}  // namespace gt::worker::jit

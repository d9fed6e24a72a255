// What kernels call the driver with is what its header says. Empty where there is no toolkit.
#if __has_include(<cuda.h>)
#include <cuda.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <type_traits>

#include "worker/jit/llvm/gpu/cuda_driver.h"

namespace gt::worker::jit {
namespace {

#define GT_SAME_MEMBER(ours, theirs) \
  static_assert(offsetof(CudaKernelNode, ours) == offsetof(CUDA_KERNEL_NODE_PARAMS_v2, theirs))

TEST(CudaTypes, HaveTheLayoutOfTheHeader) {
  static_assert(sizeof(CudaKernelNode) == sizeof(CUDA_KERNEL_NODE_PARAMS_v2));
  GT_SAME_MEMBER(function, func);
  GT_SAME_MEMBER(grid_x, gridDimX);
  GT_SAME_MEMBER(block_z, blockDimZ);
  GT_SAME_MEMBER(shared_bytes, sharedMemBytes);
  GT_SAME_MEMBER(parameters, kernelParams);
  GT_SAME_MEMBER(extra, extra);
  GT_SAME_MEMBER(context, ctx);
  static_assert(sizeof(CUstreamCaptureStatus) == sizeof(int) && sizeof(CUresult) == sizeof(int));
  static_assert(std::is_same_v<CUdevice, CudaDevice>);
  EXPECT_EQ(CU_STREAM_CAPTURE_STATUS_ACTIVE, 1);
}

}  // namespace
}  // namespace gt::worker::jit
#endif

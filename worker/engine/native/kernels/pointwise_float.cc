#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/pointwise_loops.h"

namespace gt::worker::native::GT_KERNEL_TARGET {

void fill_float_pointwise(KernelTable& table) { fill_pointwise<float>(table, ComputeType::kFloat); }

}  // namespace gt::worker::native::GT_KERNEL_TARGET

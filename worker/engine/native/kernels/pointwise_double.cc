#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/pointwise_loops.h"

namespace gt::worker::native::GT_KERNEL_TARGET {

void fill_double_pointwise(KernelTable& table) {
  fill_pointwise<double>(table, ComputeType::kDouble);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/pointwise_loops.h"

namespace gt::worker::native::GT_KERNEL_TARGET {

void fill_integer_pointwise(KernelTable& table) {
  fill_pointwise<std::int64_t>(table, ComputeType::kInteger);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

// What the general and the prepared form of a point-wise call share.
#pragma once

#include "worker/engine/native/context.h"

namespace gt::worker::native {

/// The attributes of a point-wise row as its kernels take them.
struct PointwiseAttributes {
  alignas(8) std::byte values[kMaxAttributes * 8];
  std::int64_t statics[kMaxAttributes];
};
void read_attributes(const OpRow& row, const Attributes& attributes, ComputeType type,
                     PointwiseAttributes& out);

/// The entry of a call's row; `bitwise_not` of bool is `logical_not`.
[[nodiscard]] const PointwiseEntry& pointwise_entry(const KernelTable& kernels,
                                                    const EngineCall& call);

/// The dtype that the operands are brought to.
[[nodiscard]] DType operand_dtype(const EngineCall& call, const PointwiseEntry& entry);

/// Writes the number at operand `k` as one element of `type`, rounded to the operands' dtype.
void put_number(const KernelTable& kernels, const OpRow& row, std::size_t k, ScalarValue number,
                DType dtype, void* out);

}  // namespace gt::worker::native

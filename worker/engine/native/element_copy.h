// Moving elements without looking at them: by their width in bytes.
#pragma once

#include <cstring>

#include "worker/engine/native/context.h"
#include "worker/engine/native/strided_copy.h"

namespace gt::worker::native {

/// Runs `function.operator()<U>()` with the unsigned integer of a dtype's width.
template <class Function>
void dispatch_width(DType dtype, Function&& function) {
  switch (gt::size_of(dtype)) {
    case 1:
      return function.template operator()<std::uint8_t>();
    case 2:
      return function.template operator()<std::uint16_t>();
    case 4:
      return function.template operator()<std::uint32_t>();
    default:
      return function.template operator()<std::uint64_t>();
  }
}

/// Writes the elements of `source` (same shape and dtype) into the strided view `target`.
void copy_into(Context& context, const Value& target, const Value& source);

/// What an in-place row may write into: the operand's own buffer if it is reusable and dense, else
/// a copy of it, in the dtype and shape of the result.
[[nodiscard]] Value writable(Context& context, const EngineOperand& operand,
                             const TensorMeta& result);

/// A tensor seen around one dim: element (o, k, i) stands at (o * n + k) * inner + i.
struct AroundDim {
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;
};
[[nodiscard]] AroundDim around_dim(const Shape& shape, std::int64_t dim);

}  // namespace gt::worker::native

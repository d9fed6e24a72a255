#include "worker/engine/native/element_copy.h"

namespace gt::worker::native {

void copy_into(Context& context, const Value& target, const Value& source) {
  if (target.element_count() == 0) return;
  const Value dense = context.contiguous(source);
  dispatch_width(target.dtype, [&]<class U>() {
    const U* from = dense.data<U>();
    StridedCursor(target).walk(
        target.element_count(), [&](std::byte* to, std::int64_t stride, std::int64_t count) {
          if (stride == 1)
            std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(U));
          else
            for (std::int64_t i = 0; i < count; ++i) reinterpret_cast<U*>(to)[i * stride] = from[i];
          from += count;
        });
  });
}

Value writable(Context& context, const EngineOperand& operand, const TensorMeta& result) {
  const Value& value = *operand.value;
  if (fits_in_place(operand, result))
    return view(value, value.shape, contiguous_strides(value.shape));
  return context.copy(value, result.dtype);
}

AroundDim around_dim(const Shape& shape, std::int64_t dim) {
  AroundDim result;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto position = static_cast<std::int64_t>(d);
    (position < dim ? result.outer : position == dim ? result.n : result.inner) *= shape[d];
  }
  return result;
}

}  // namespace gt::worker::native

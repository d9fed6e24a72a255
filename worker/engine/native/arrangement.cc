// Rows that place whole tensors: cat, stack, flip, roll, triangles, and writing into a view.
#include "common/ops/inference.h"
#include "worker/engine/native/element_copy.h"
#include "worker/engine/native/indexing.h"

namespace gt::worker::native {
namespace {

/// The part [start, start + length) of a dim.
Value part_of(const Value& value, std::size_t dim, std::int64_t start, std::int64_t length) {
  Value part = value;
  if (length > 0) part.offset += start * value.strides[dim];
  part.shape[dim] = length;
  return part;
}

Value in_dtype(Context& context, const Value& value, DType dtype) {
  return value.dtype == dtype ? value : context.copy(value, dtype);
}

}  // namespace

Value concatenate(Context& context, const EngineCall& call) {
  const TensorMeta& meta = call.result_metas[0];
  const Value result = context.make_value(meta);
  const auto dim = static_cast<std::size_t>(wrap_dimension(
      call.attributes.integer(call.row, 0), static_cast<std::int64_t>(meta.shape.size())));
  std::int64_t start = 0;
  for (const EngineOperand& operand : call.operands) {
    const Value& value = *operand.value;
    // LibTorch lets cat skip empty one-dimensional tensors of any rank's list.
    const bool skipped = call.row.op == Op::cat && value.shape.size() == 1 && value.shape[0] == 0 &&
                         meta.shape.size() != 1;
    if (skipped) continue;
    const std::int64_t length = call.row.op == Op::stack ? 1 : value.shape[dim];
    Value target = part_of(result, dim, start, length);
    if (call.row.op == Op::stack) {
      target.shape.erase(dim);
      target.strides.erase(dim);
    }
    copy_into(context, target, in_dtype(context, value, meta.dtype));
    start += length;
  }
  return result;
}

Value flip(Context& context, const EngineCall& call) {
  Value mirrored = *call.operands[0].value;
  if (mirrored.element_count() == 0 || mirrored.shape.empty()) return context.copy(mirrored);
  for (std::int64_t dim : call.attributes.integers(call.row, 0)) {
    const auto d = static_cast<std::size_t>(
        wrap_dimension(dim, static_cast<std::int64_t>(mirrored.shape.size())));
    mirrored.offset += (mirrored.shape[d] - 1) * mirrored.strides[d];
    mirrored.strides[d] = -mirrored.strides[d];
  }
  return context.copy(mirrored);
}

namespace {

Value rolled(Context& context, const Value& value, std::size_t dim, std::int64_t shift) {
  const std::int64_t size = value.shape[dim];
  if (size == 0) return context.copy(value);
  shift = ((shift % size) + size) % size;
  const Value result = context.make_value(value.dtype, value.shape);
  copy_into(context, part_of(result, dim, shift, size - shift),
            part_of(value, dim, 0, size - shift));
  copy_into(context, part_of(result, dim, 0, shift), part_of(value, dim, size - shift, shift));
  return result;
}

}  // namespace

Value roll(Context& context, const EngineCall& call) {
  const auto shifts = call.attributes.integers(call.row, 0);
  const auto dims = call.attributes.integers(call.row, 1);
  Value value = *call.operands[0].value;
  const Shape shape = value.shape;
  if (dims.empty()) {
    const Shape flat{value.element_count()};
    const Value line = view(context.contiguous(value), flat, contiguous_strides(flat));
    return view(rolled(context, line, 0, shifts[0]), shape, contiguous_strides(shape));
  }
  for (std::size_t k = 0; k < dims.size(); ++k)
    value = rolled(
        context, value,
        static_cast<std::size_t>(wrap_dimension(dims[k], static_cast<std::int64_t>(shape.size()))),
        shifts[k]);
  return value;
}

Value triangle(Context& context, const EngineCall& call, bool lower) {
  const Value result = writable(context, call.operands[0], call.result_metas[0]);
  const std::int64_t diagonal = call.attributes.integer(call.row, 0);
  const std::int64_t columns = result.shape.back();
  const std::int64_t rows = result.shape[result.shape.size() - 2];
  const std::int64_t matrix = rows * columns;
  dispatch_width(result.dtype, [&]<class U>() {
    U* data = result.data<U>();
    for (std::int64_t i = 0; i < result.element_count(); ++i) {
      const std::int64_t distance = i % columns - i % matrix / columns;
      if (lower ? distance > diagonal : distance < diagonal) data[i] = U(0);
    }
  });
  return result;
}

Value scatter_view(Context& context, const EngineCall& call) {
  const Value result = writable(context, call.operands[0], call.result_metas[0]);
  const Value target = view_of_row(context, call, result);
  const Value source = in_dtype(context, *call.operands[1].value, result.dtype);
  copy_into(context, target, broadcast_to(source, target.shape));
  return result;
}

}  // namespace gt::worker::native

#include "worker/engine/native/context.h"

#include "common/ops/inference.h"
#include "worker/engine/native/strided_copy.h"

namespace gt::worker::native {

Value Context::make_value(DType dtype, std::span<const std::int64_t> shape) {
  Value value;
  value.dtype = dtype;
  value.shape = Shape(shape);
  value.strides = contiguous_strides(shape);
  value.buffer =
      allocator_.allocate(static_cast<std::size_t>(element_count(shape)) * gt::size_of(dtype));
  return value;
}

BufferRef Context::scratch(std::int64_t count, ComputeType type) {
  return allocator_.allocate(static_cast<std::size_t>(count) * native::size_of(type));
}

Elements Context::elements(const Value& value, ComputeType type) {
  if (value.dtype == dtype_of(type) && value.is_contiguous()) return {value.bytes(), nullptr};
  const std::int64_t count = value.element_count();
  Elements elements;
  elements.owner = scratch(count, type);
  elements.data = elements.owner->data();
  read_elements(kernels_, value, type, elements.owner->data());
  return elements;
}

Destination Context::destination(const TensorMeta& meta, ComputeType type) {
  return destination(meta, type, {});
}

Destination Context::destination(const TensorMeta& meta, ComputeType type,
                                 const EngineOperand& operand) {
  Destination destination;
  destination.value = fits_in_place(operand, meta)
                          ? view(*operand.value, meta.shape, contiguous_strides(meta.shape))
                          : make_value(meta);
  destination.type = type;
  if (meta.dtype != dtype_of(type))
    destination.scratch = scratch(destination.value.element_count(), type);
  destination.data = destination.scratch ? destination.scratch->data() : destination.value.bytes();
  return destination;
}

Destination Context::accumulator(const TensorMeta& meta, ComputeType type,
                                 const EngineOperand& operand) {
  Destination target = destination(meta, type, operand);
  const Value& value = *operand.value;
  if (target.data != value.bytes())
    StridedCursor(value).read(kernels_.load[static_cast<int>(value.dtype)][index_of(type)], type,
                              target.data, value.element_count());
  return target;
}

Value Context::finish(Destination destination) {
  if (destination.scratch)
    kernels_.store[index_of(destination.type)][static_cast<int>(destination.value.dtype)](
        destination.data, destination.value.bytes(), destination.value.element_count());
  return std::move(destination.value);
}

Value Context::copy(const Value& value, DType dtype) {
  if (dtype == value.dtype) {
    Value result = make_value(dtype, value.shape);
    copy_elements(kernels_, value, result.bytes());
    return result;
  }
  const ComputeType type = compute_type_of(value.dtype);
  Destination target = destination({dtype, value.shape, {}}, type);
  read_elements(kernels_, value, type, target.data);
  return finish(std::move(target));
}

Results Context::call(Op op, std::span<const EngineOperand> operands,
                      const Attributes& attributes) {
  const OpRow& row = row_of(op);
  std::vector<OperandMeta> metas;
  for (const EngineOperand& operand : operands)
    metas.push_back(operand.value != nullptr ? OperandMeta::of(operand.value->meta())
                    : operand.is_scalar      ? OperandMeta::of(operand.scalar)
                                             : OperandMeta{});
  std::vector<TensorMeta> results(row.results);
  infer(row, metas, attributes, results);
  return execute(*this, {row, operands, attributes, results});
}

Value Context::call_one(Op op, std::initializer_list<EngineOperand> operands,
                        const Attributes& attributes) {
  return std::move(call(op, std::span(operands.begin(), operands.size()), attributes).front());
}

bool fits_in_place(const EngineOperand& operand, const TensorMeta& meta) {
  return operand.reusable && operand.value->dtype == meta.dtype &&
         operand.value->shape == meta.shape && operand.value->is_contiguous();
}

}  // namespace gt::worker::native

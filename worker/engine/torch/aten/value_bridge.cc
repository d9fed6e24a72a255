#include "worker/engine/torch/aten/value_bridge.h"

#include <ATen/ops/from_blob.h>

#include <string>

namespace gt::aten {
namespace {

at::IntArrayRef to_array(const Shape& sizes) { return {sizes.data(), sizes.size()}; }

}  // namespace

at::Tensor borrow(const worker::Value& value, at::Device device) {
  return at::from_blob(value.bytes(), to_array(value.shape), to_array(value.strides),
                       at::TensorOptions(to_scalar_type(value.dtype)).device(device));
}

std::vector<Operand> borrow_operands(std::span<const worker::EngineOperand> operands,
                                     at::Device device) {
  std::vector<Operand> borrowed;
  borrowed.reserve(operands.size());
  for (const worker::EngineOperand& operand : operands) {
    if (operand.value != nullptr)
      borrowed.emplace_back(borrow(*operand.value, device));
    else if (operand.is_scalar)
      borrowed.emplace_back(to_scalar(operand.scalar));
    else
      borrowed.emplace_back();
  }
  return borrowed;
}

worker::Value allocate_value(worker::Allocator& allocator, const TensorMeta& meta) {
  return {allocator.allocate(meta.byte_count()), 0, meta.dtype, meta.shape,
          contiguous_strides(meta.shape)};
}

void expect_meta(const OpRow& row, const at::Tensor& tensor, const TensorMeta& meta) {
  if (tensor.scalar_type() == to_scalar_type(meta.dtype) && tensor.sizes() == to_array(meta.shape))
    return;
  throw CommonError(
      ErrorKind::kInternal,
      "row " + std::string(row.name) + ": LibTorch made " + c10::toString(tensor.scalar_type()) +
          " of " + to_string({tensor.sizes().data(), tensor.sizes().size()}) + ", inferred was " +
          std::string(scalar_type_name(meta.dtype)) + " of " + to_string(meta.shape));
}

}  // namespace gt::aten

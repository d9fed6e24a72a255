// Softmax, layer norm and their gradients; losses, attention and optimizers have files of their
// own.
#include "worker/engine/native/composite.h"

#include "common/ops/inference.h"

namespace gt::worker::native {

std::int64_t dim_attribute(const EngineCall& call, std::size_t k, const Value& value) {
  return wrap_dimension(call.attributes.integer(call.row, k),
                        static_cast<std::int64_t>(value.shape.size()));
}

namespace {

/// Length of the last dim, and how many rows of it there are.
struct RowExtents {
  std::int64_t rows;
  std::int64_t n;
};
RowExtents rows_of(const Value& value) {
  if (value.shape.empty()) return {1, 1};
  const std::int64_t n = value.shape.back();
  return {n == 0 ? 0 : value.element_count() / n, n};
}

/// Computes a row kernel along `dim`: `compute(elements of operand k moved..., destination, rows,
/// n)`.
template <class Compute>
Value along_dim(Context& context, const EngineCall& call, Compute&& compute) {
  const TensorMeta& meta = call.result_metas[0];
  const ComputeType type = compute_type_of(meta.dtype);
  const std::int64_t dim = dim_attribute(call, 0, *call.operands[0].value);
  std::vector<Elements> elements;
  Value moved;
  for (const EngineOperand& operand : call.operands) {
    moved = moved_to_end(*operand.value, dim);
    elements.push_back(context.elements(moved, type));
  }
  Destination result = context.destination({meta.dtype, moved.shape, {}}, type);
  compute(context.kernels().rows[index_of(type)], elements, result.data, rows_of(moved));
  return context.contiguous(moved_from_end(context.finish(std::move(result)), dim));
}

Value softmax(Context& context, const EngineCall& call, bool logarithm) {
  return along_dim(
      context, call,
      [&](const RowKernels& kernels, const auto& elements, void* out, RowExtents extents) {
        kernels.softmax(elements[0].data, out, extents.rows, extents.n, logarithm);
      });
}

Value softmax_backward(Context& context, const EngineCall& call, bool logarithm) {
  return along_dim(
      context, call,
      [&](const RowKernels& kernels, const auto& elements, void* out, RowExtents extents) {
        kernels.softmax_backward(elements[0].data, elements[1].data, out, extents.rows, extents.n,
                                 logarithm);
      });
}

/// Elements of an operand, or none if it is absent.
Elements optional_elements(Context& context, const EngineOperand& operand, ComputeType type) {
  return operand.value != nullptr ? context.elements(*operand.value, type) : Elements{};
}

Results layer_norm(Context& context, const EngineCall& call) {
  const Value& input = *call.operands[0].value;
  const ComputeType type = compute_type_of(call.result_metas[0].dtype);
  const std::int64_t n = element_count(call.attributes.integers(call.row, 0));
  const std::int64_t rows = n == 0 ? 0 : input.element_count() / n;
  const Elements in = context.elements(input, type);
  const Elements weight = optional_elements(context, call.operands[1], type);
  const Elements bias = optional_elements(context, call.operands[2], type);
  Destination out = context.destination(call.result_metas[0], type);
  Destination mean = context.destination(call.result_metas[1], type);
  Destination rstd = context.destination(call.result_metas[2], type);
  context.kernels().rows[index_of(type)].layer_norm(in.data, weight.data, bias.data, out.data,
                                                    mean.data, rstd.data, rows, n,
                                                    call.attributes.real(call.row, 1));
  Results results;
  for (Destination* destination : {&out, &mean, &rstd})
    results.push_back(context.finish(std::move(*destination)));
  return results;
}

Results layer_norm_backward(Context& context, const EngineCall& call) {
  const Value& input = *call.operands[1].value;
  const ComputeType type = compute_type_of(call.result_metas[0].dtype);
  const std::int64_t n = element_count(call.attributes.integers(call.row, 0));
  const std::int64_t rows = n == 0 ? 0 : input.element_count() / n;
  const Elements grad = context.elements(*call.operands[0].value, type);
  const Elements in = context.elements(input, type);
  const Elements mean = context.elements(*call.operands[2].value, type);
  const Elements rstd = context.elements(*call.operands[3].value, type);
  const Elements weight = optional_elements(context, call.operands[4], type);
  Destination grad_in = context.destination(call.result_metas[0], type);
  Destination grad_weight = context.destination(call.result_metas[1], type);
  Destination grad_bias = context.destination(call.result_metas[2], type);
  const auto product = context.scratch(rows * n, type);
  const KernelTable& kernels = context.kernels();
  kernels.rows[index_of(type)].layer_norm_backward(grad.data, in.data, mean.data, rstd.data,
                                                   weight.data, grad_in.data, product->data(), rows,
                                                   n);
  const auto sum_columns = kernels.column_folds[static_cast<int>(Fold::kSum)][index_of(type)];
  sum_columns(product->data(), grad_weight.data, 1, rows, n);
  sum_columns(grad.data, grad_bias.data, 1, rows, n);
  Results results;
  for (Destination* destination : {&grad_in, &grad_weight, &grad_bias})
    results.push_back(context.finish(std::move(*destination)));
  return results;
}

Results one(Value value) {
  Results results;
  results.push_back(std::move(value));
  return results;
}

}  // namespace

Results execute_composite(Context& context, const EngineCall& call) {
  const Op op = call.row.op;
  if (op == Op::softmax || op == Op::log_softmax)
    return one(softmax(context, call, op == Op::log_softmax));
  if (op == Op::softmax_backward || op == Op::log_softmax_backward)
    return one(softmax_backward(context, call, op == Op::log_softmax_backward));
  if (op == Op::native_layer_norm) return layer_norm(context, call);
  if (op == Op::native_layer_norm_backward) return layer_norm_backward(context, call);
  if (op == Op::cross_entropy) return cross_entropy(context, call);
  if (op == Op::cross_entropy_backward) return one(cross_entropy_backward(context, call));
  if (op == Op::mse_loss) return one(mse_loss(context, call));
  if (op == Op::mse_loss_backward) return one(mse_loss_backward(context, call));
  if (op == Op::scaled_dot_product_attention) return attention(context, call);
  if (op == Op::adam_update) return adam_update(context, call);
  GT_INVARIANT(op == Op::scaled_dot_product_attention_backward, std::string(call.row.name));
  return attention_backward(context, call);
}

}  // namespace gt::worker::native

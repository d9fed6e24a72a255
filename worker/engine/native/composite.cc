// Softmax, layer norm and their gradients; losses, attention and optimizers have files of their
// own.
#include "worker/engine/native/composite.h"

#include <algorithm>

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

/// Elements that are converted and computed at a time.
constexpr std::int64_t kGroupElements = 8192;

/// Rows of another dtype: converts as many as stay in the cache, computes, and rounds the results.
template <class Compute>
Value in_groups(Context& context, std::span<const Value> operands, const TensorMeta& meta,
                ComputeType type, Compute&& compute) {
  const RowExtents extents = rows_of(operands[0]);
  const Value result = context.make_value({meta.dtype, operands[0].shape, {}});
  if (extents.rows == 0) return result;
  const std::int64_t group = std::max<std::int64_t>(1, kGroupElements / extents.n);
  const KernelTable& kernels = context.kernels();
  std::vector<Elements> elements(operands.size());
  std::vector<BufferRef> tiles;
  for (std::size_t k = 0; k <= operands.size(); ++k)
    tiles.push_back(context.scratch(std::min(group, extents.rows) * extents.n, type));
  void* out = tiles.back()->data();
  for (std::int64_t r = 0; r < extents.rows; r += group) {
    const std::int64_t rows = std::min(group, extents.rows - r);
    for (std::size_t k = 0; k < operands.size(); ++k) {
      const DType dtype = operands[k].dtype;
      const auto start = r * extents.n * static_cast<std::int64_t>(gt::size_of(dtype));
      kernels.load[static_cast<int>(dtype)][index_of(type)](operands[k].bytes() + start, 1,
                                                            tiles[k]->data(), rows * extents.n);
      elements[k].data = tiles[k]->data();
    }
    compute(kernels.rows[index_of(type)], elements, out, RowExtents{rows, extents.n});
    const auto start = r * extents.n * static_cast<std::int64_t>(gt::size_of(meta.dtype));
    kernels.store[index_of(type)][static_cast<int>(meta.dtype)](out, result.bytes() + start,
                                                                rows * extents.n);
  }
  return result;
}

/// Computes a row kernel along `dim`: `compute(kernels, elements of the operands, out, extents)`.
template <class Compute>
Value along_dim(Context& context, const EngineCall& call, Compute&& compute) {
  const TensorMeta& meta = call.result_metas[0];
  const ComputeType type = compute_type_of(meta.dtype);
  const std::int64_t dim = dim_attribute(call, 0, *call.operands[0].value);
  std::vector<Value> moved;
  bool converts = meta.dtype != dtype_of(type);
  for (const EngineOperand& operand : call.operands) {
    moved.push_back(moved_to_end(*operand.value, dim));
    converts &= moved.back().is_contiguous();
  }
  if (converts)
    return context.contiguous(moved_from_end(in_groups(context, moved, meta, type, compute), dim));
  std::vector<Elements> elements;
  for (const Value& value : moved) elements.push_back(context.elements(value, type));
  Destination result = context.destination({meta.dtype, moved.back().shape, {}}, type);
  compute(context.kernels().rows[index_of(type)], elements, result.data, rows_of(moved.back()));
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
  const RowKernels& kernels = context.kernels().rows[index_of(type)];
  kernels.layer_norm_backward(grad.data, in.data, mean.data, rstd.data, weight.data, grad_in.data,
                              rows, n);
  kernels.layer_norm_backward_columns(grad.data, in.data, mean.data, rstd.data, grad_weight.data,
                                      grad_bias.data, rows, n);
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

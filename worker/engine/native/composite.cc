// Softmax, layer norm and their gradients; losses, attention and optimizers have files of their
// own.
#include "worker/engine/native/composite.h"

#include <algorithm>

#include "common/ops/inference.h"
#include "worker/engine/native/strided_copy.h"

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

/// Elements that are computed at a time where results are converted or go past the caches.
constexpr std::int64_t kGroupElements = 2048;

bool goes_past_caches(const TensorMeta& meta) {
  const std::int64_t n = meta.shape.empty() ? 1 : meta.shape.back();
  const auto row_bytes = n * static_cast<std::int64_t>(gt::size_of(meta.dtype));
  return row_bytes % 64 == 0 && static_cast<std::int64_t>(meta.byte_count()) >= kStreamedBytes;
}

/// Rows computed into a tile of the compute type and moved into the result from there.
class RowGroups {
 public:
  RowGroups(Context& context, const TensorMeta& meta, ComputeType type, RowExtents extents)
      : kernels_(context.kernels()),
        type_(type),
        extents_(extents),
        size_(std::min(extents.rows, std::max<std::int64_t>(1, kGroupElements / extents.n))),
        result_(context.make_value(meta)),
        streams_(goes_past_caches(meta)),
        tile_(context.scratch(size_ * extents.n, type)) {
    if (streams_ && converts()) stored_ = context.scratch(size_ * extents.n, type);
  }

  /// `compute(out, first row, rows)` for all groups.
  template <class Compute>
  Value run(Compute&& compute) {
    for (std::int64_t first = 0; first < extents_.rows; first += size_) {
      const std::int64_t rows = std::min(size_, extents_.rows - first);
      compute(tile_->data(), first, rows);
      put(first, rows);
    }
    if (streams_) kernels_.moves.end_streams();
    return std::move(result_);
  }

  /// Elements first .. first + rows of an operand, converted into `tile` if need be.
  const void* elements(const Value& operand, std::int64_t first, std::int64_t rows,
                       void* tile) const {
    const std::byte* from = operand.bytes() + bytes_of(operand.dtype, first);
    if (operand.dtype == dtype_of(type_)) return from;
    kernels_.load[static_cast<int>(operand.dtype)][index_of(type_)](from, 1, tile,
                                                                    rows * extents_.n);
    return tile;
  }
  std::int64_t tile_elements() const noexcept { return size_ * extents_.n; }

 private:
  bool converts() const { return result_.dtype != dtype_of(type_); }
  std::int64_t bytes_of(DType dtype, std::int64_t rows) const {
    return rows * extents_.n * static_cast<std::int64_t>(gt::size_of(dtype));
  }
  void put(std::int64_t first, std::int64_t rows) {
    std::byte* target = result_.bytes() + bytes_of(result_.dtype, first);
    const void* from = tile_->data();
    if (converts()) {
      void* to = streams_ ? stored_->data() : target;
      kernels_.store[index_of(type_)][static_cast<int>(result_.dtype)](from, to, rows * extents_.n);
      from = to;
    }
    if (streams_) kernels_.moves.stream(from, target, bytes_of(result_.dtype, rows));
  }

  const KernelTable& kernels_;
  ComputeType type_;
  RowExtents extents_;
  std::int64_t size_;
  Value result_;
  bool streams_;
  BufferRef tile_;
  BufferRef stored_;
};

/// Computes a row kernel along `dim`: `compute(kernels, elements of the operands, out, extents)`.
template <class Compute>
Value along_dim(Context& context, const EngineCall& call, Compute&& compute) {
  const TensorMeta& meta = call.result_metas[0];
  const ComputeType type = compute_type_of(meta.dtype);
  const RowKernels& kernels = context.kernels().rows[index_of(type)];
  const std::int64_t dim = dim_attribute(call, 0, *call.operands[0].value);
  std::vector<Value> moved;
  bool is_dense = true;
  for (const EngineOperand& operand : call.operands) {
    moved.push_back(moved_to_end(*operand.value, dim));
    is_dense &= moved.back().is_contiguous();
  }
  const TensorMeta moved_meta{meta.dtype, moved[0].shape, {}};
  const RowExtents extents = rows_of(moved[0]);
  std::vector<Elements> elements(moved.size());
  Value result;
  if (is_dense && extents.rows > 0 &&
      (meta.dtype != dtype_of(type) || goes_past_caches(moved_meta))) {
    RowGroups groups(context, moved_meta, type, extents);
    std::vector<BufferRef> tiles;
    for (std::size_t k = 0; k < moved.size(); ++k)
      tiles.push_back(context.scratch(groups.tile_elements(), type));
    result = groups.run([&](void* out, std::int64_t first, std::int64_t rows) {
      for (std::size_t k = 0; k < moved.size(); ++k)
        elements[k].data = groups.elements(moved[k], first, rows, tiles[k]->data());
      compute(kernels, elements, out, RowExtents{rows, extents.n});
    });
  } else {
    for (std::size_t k = 0; k < moved.size(); ++k) elements[k] = context.elements(moved[k], type);
    Destination destination = context.destination(moved_meta, type);
    compute(kernels, elements, destination.data, extents);
    result = context.finish(std::move(destination));
  }
  return context.contiguous(moved_from_end(result, dim));
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
  Destination grad_weight = context.destination(call.result_metas[1], type);
  Destination grad_bias = context.destination(call.result_metas[2], type);
  Destination grad_in = context.destination(call.result_metas[0], type);
  const auto scratch = context.scratch(layer_norm_scratch(rows, n), type);
  const bool streams = grad_in.scratch == nullptr && goes_past_caches(call.result_metas[0]);
  context.kernels().rows[index_of(type)].layer_norm_backward(
      {grad.data, in.data, mean.data, rstd.data, weight.data, grad_in.data, grad_weight.data,
       grad_bias.data, rows, n},
      scratch->data(), streams);
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
  if (op == Op::native_batch_norm) return batch_norm(context, call);
  if (op == Op::native_batch_norm_backward) return batch_norm_backward(context, call);
  if (op == Op::max_pool2d_with_indices) return max_pool(context, call);
  if (op == Op::max_pool2d_backward) return one(max_pool_backward(context, call));
  if (op == Op::avg_pool2d || op == Op::adaptive_avg_pool2d || op == Op::avg_pool2d_backward ||
      op == Op::adaptive_avg_pool2d_backward)
    return one(average_pool(context, call));
  if (op == Op::adam_update) return adam_update(context, call);
  GT_INVARIANT(op == Op::scaled_dot_product_attention_backward, std::string(call.row.name));
  return attention_backward(context, call);
}

}  // namespace gt::worker::native

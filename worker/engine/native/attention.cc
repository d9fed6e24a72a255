// Scaled dot-product attention from the library's batched matrix products and our own softmax.
#include <cmath>
#include <limits>

#include "worker/engine/native/composite.h"

namespace gt::worker::native {
namespace {

/// The operands as batches of matrices: (B, L, E), (B, S, E), (B, S, Ev).
struct AttentionShapes {
  Shape batch;  ///< the leading dims of the query
  std::int64_t batches;
  std::int64_t length;
  std::int64_t source;
};

AttentionShapes shapes_of(const Value& query, const Value& key) {
  AttentionShapes shapes;
  for (std::size_t d = 0; d + 2 < query.shape.size(); ++d) shapes.batch.push_back(query.shape[d]);
  shapes.batches = element_count(shapes.batch);
  shapes.length = query.shape[query.shape.size() - 2];
  shapes.source = key.shape[key.shape.size() - 2];
  return shapes;
}

Value as_batches(Context& context, const Value& value, const AttentionShapes& shapes) {
  Shape full = shapes.batch;
  full.push_back(value.shape[value.shape.size() - 2]);
  full.push_back(value.shape.back());
  const Value dense = context.contiguous(broadcast_to(value, full));
  const Shape shape{shapes.batches, full[full.size() - 2], full.back()};
  return view(dense, shape, contiguous_strides(shape));
}

Value transposed(const Value& value) {
  const std::int64_t order[] = {0, 2, 1};
  return permuted(value, order);
}

Value product(Context& context, const Value& a, const Value& b) {
  return context.call_one(Op::bmm, {operand_of(a), operand_of(b)}, make_attributes(Op::bmm));
}

/// Scales and masks the scores (B, L, S) where they are, in the compute type.
template <class T>
void mask_scores(T* scores, const AttentionShapes& shapes, T scale, bool causal,
                 const Elements& mask, bool boolean_mask) {
  const std::int64_t count = shapes.batches * shapes.length * shapes.source;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t column = i % shapes.source;
    const std::int64_t row = i / shapes.source % shapes.length;
    scores[i] *= scale;
    const bool hidden =
        (causal && column > row) || (boolean_mask && mask.as<std::int64_t>()[i] == 0);
    if (hidden)
      scores[i] = -std::numeric_limits<T>::infinity();
    else if (mask.data != nullptr && !boolean_mask)
      scores[i] += mask.as<T>()[i];
  }
}

struct Attention {
  Attention(Context& call_context, const EngineCall& call, std::size_t query_operand,
            const EngineOperand& mask_operand, DType result_dtype)
      : context(call_context),
        type(compute_type_of(result_dtype)),
        compute_dtype(dtype_of(type)),
        shapes(shapes_of(*call.operands[query_operand].value,
                         *call.operands[query_operand + 1].value)),
        query(batches(*call.operands[query_operand].value)),
        key(batches(*call.operands[query_operand + 1].value)),
        value(batches(*call.operands[query_operand + 2].value)),
        causal(call.attributes.boolean(call.row, 0)),
        scale(call.attributes.real(call.row, 1)) {
    if (mask_operand.value == nullptr) return;
    boolean_mask = mask_operand.value->dtype == DType::kBool;
    Shape full = shapes.batch;
    full.push_back(shapes.length);
    full.push_back(shapes.source);
    mask = context.elements(broadcast_to(*mask_operand.value, full),
                            boolean_mask ? ComputeType::kInteger : type);
  }

  /// An operand as batches in the compute dtype.
  Value batches(const Value& operand) {
    const Value dense = as_batches(context, operand, shapes);
    return operand.dtype == compute_dtype ? dense : context.copy(dense, compute_dtype);
  }

  /// Masked and scaled scores; the library's fresh result is written in place.
  Value scores() {
    Value result = context.contiguous(product(context, query, transposed(key)));
    dispatch(type, [&]<class T>() {
      if constexpr (std::is_floating_point_v<T>)
        mask_scores(result.data<T>(), shapes, static_cast<T>(scale), causal, mask, boolean_mask);
    });
    return result;
  }

  /// `result` in the dtype and shape of `meta`.
  Value finish(const Value& result, const TensorMeta& meta) {
    const Value dense = context.contiguous(result);
    const Value rounded = dense.dtype == meta.dtype ? dense : context.copy(dense, meta.dtype);
    return view(rounded, meta.shape, contiguous_strides(meta.shape));
  }

  std::int64_t rows() const { return shapes.batches * shapes.length; }

  Context& context;
  ComputeType type;
  DType compute_dtype;
  AttentionShapes shapes;
  Value query;
  Value key;
  Value value;
  bool causal;
  double scale;
  Elements mask;
  bool boolean_mask = false;
};

/// exp(score - logsumexp) in place; rows that see nothing become zeros.
template <class T>
void normalise(Context& context, Value& scores, const T* logsumexp, std::int64_t rows,
               std::int64_t n, ComputeType type) {
  T* x = scores.data<T>();
  for (std::int64_t r = 0; r < rows; ++r) {
    const bool empty = logsumexp[r] == -std::numeric_limits<T>::infinity();
    for (std::int64_t c = 0; c < n; ++c)
      x[r * n + c] = empty ? -std::numeric_limits<T>::infinity() : x[r * n + c] - logsumexp[r];
  }
  const void* inputs[] = {x};
  context.kernels().pointwise[static_cast<int>(Op::exp)].kernels[index_of(type)](
      x, inputs, rows * n, nullptr, nullptr);
}

void normalise(Attention& attention, Value& scores, const void* logsumexp) {
  dispatch(attention.type, [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      normalise(attention.context, scores, static_cast<const T*>(logsumexp), attention.rows(),
                attention.shapes.source, attention.type);
  });
}

}  // namespace

Results attention(Context& context, const EngineCall& call) {
  Attention attention(context, call, 0, call.operands[3], call.result_metas[0].dtype);
  Value scores = attention.scores();
  Destination sums = context.destination(call.result_metas[1], attention.type);
  context.kernels().rows[index_of(attention.type)].logsumexp(
      scores.bytes(), sums.data, attention.rows(), attention.shapes.source);
  normalise(attention, scores, sums.data);
  const Value output = product(context, scores, attention.value);
  Results results;
  results.push_back(attention.finish(output, call.result_metas[0]));
  results.push_back(context.finish(std::move(sums)));
  return results;
}

Results attention_backward(Context& context, const EngineCall& call) {
  Attention attention(context, call, 1, call.operands[6], call.result_metas[0].dtype);
  const Value grad = attention.batches(*call.operands[0].value);
  const Value output = attention.batches(*call.operands[4].value);
  const Elements sums = context.elements(*call.operands[5].value, attention.type);
  Value weights = attention.scores();
  normalise(attention, weights, sums.data);
  Value grad_scores = context.contiguous(product(context, grad, transposed(attention.value)));
  const std::int64_t n = attention.shapes.source;
  const std::int64_t width = grad.shape[2];
  dispatch(attention.type, [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const T scale = static_cast<T>(attention.scale);
      for (std::int64_t r = 0; r < attention.rows(); ++r) {
        // Sum over the row of weight * gradient, which is grad . output.
        T projection = T(0);
        for (std::int64_t e = 0; e < width; ++e)
          projection += grad.data<T>()[r * width + e] * output.data<T>()[r * width + e];
        T* d = grad_scores.data<T>() + r * n;
        const T* w = weights.data<T>() + r * n;
        for (std::int64_t c = 0; c < n; ++c) d[c] = (d[c] - projection) * w[c] * scale;
      }
    }
  });
  const Value grads[] = {product(context, grad_scores, attention.key),
                         product(context, transposed(grad_scores), attention.query),
                         product(context, transposed(weights), grad)};
  Results results;
  for (std::size_t k = 0; k < 3; ++k)
    results.push_back(attention.finish(grads[k], call.result_metas[k]));
  return results;
}

}  // namespace gt::worker::native

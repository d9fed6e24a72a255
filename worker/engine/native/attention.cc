// Scaled dot-product attention from the library's batched matrix products and our own softmax.
#include <limits>

#include "worker/engine/native/attention_products.h"
#include "worker/engine/native/composite.h"

namespace gt::worker::native {
namespace {

/// Scores up to this size are computed in one batch; more in groups, which stay in the cache.
constexpr std::int64_t kGroupBytes = std::int64_t{1} << 18;

/// The operands as groups of batches of matrices: (groups, n, L, E), (groups, n, S, E) and
/// (groups, n, S, Ev).
struct Extents {
  Shape batch;  ///< the leading dims of the query
  std::int64_t groups = 1;
  std::int64_t n = 1;
  std::int64_t length = 0;
  std::int64_t source = 0;

  [[nodiscard]] std::int64_t rows() const { return n * length; }
};

Extents extents_of(const Value& query, const Value& key, ComputeType type) {
  Extents extents;
  for (std::size_t d = 0; d + 2 < query.shape.size(); ++d) extents.batch.push_back(query.shape[d]);
  extents.n = element_count(extents.batch);
  extents.length = query.shape[query.shape.size() - 2];
  extents.source = key.shape[key.shape.size() - 2];
  const std::int64_t bytes =
      extents.n * extents.length * extents.source * static_cast<std::int64_t>(size_of(type));
  if (extents.batch.size() == 2 && bytes > kGroupBytes) {
    extents.groups = extents.batch[0];
    extents.n = extents.batch[1];
  }
  return extents;
}

/// Whether the library can read the matrices of a (groups, n, rows, columns) value where they are.
bool has_dense_rows(const Value& value) {
  for (std::size_t d = 0; d < 3; ++d)
    if (value.strides[d] == 0 && value.shape[d] > 1) return false;
  return value.strides[3] == 1 || value.shape[3] == 1;
}

Value group(const Value& value, std::int64_t k) {
  const Shape shape(std::span(value.shape.begin() + 1, 3));
  const Strides strides(std::span(value.strides.begin() + 1, 3));
  return view(value, shape, strides, k * value.strides[0]);
}

/// One call of the forward or the backward row.
class Attention {
 public:
  Attention(Context& context, const EngineCall& call, std::size_t query_operand,
            std::size_t mask_operand)
      : context_(context),
        type_(compute_type_of(call.result_metas[0].dtype)),
        extents_(extents_of(*call.operands[query_operand].value,
                            *call.operands[query_operand + 1].value, type_)),
        query(groups_of(*call.operands[query_operand].value)),
        key(groups_of(*call.operands[query_operand + 1].value)),
        value(groups_of(*call.operands[query_operand + 2].value)),
        score_extents_{extents_.rows(), extents_.length, extents_.source,
                       call.attributes.boolean(call.row, 0), call.attributes.real(call.row, 1)},
        products_(context, type_, score_extents_.causal) {
    if (call.operands[mask_operand].value != nullptr) read_mask(*call.operands[mask_operand].value);
  }

  /// An operand in the compute dtype, as groups.
  [[nodiscard]] Value groups_of(const Value& operand) {
    const std::int64_t rows = operand.shape[operand.shape.size() - 2];
    Value full = broadcast_to(operand, with_batch(rows, operand.shape.back()));
    if (extents_.groups == full.shape[0] && full.shape.size() == 4 &&
        operand.dtype == dtype_of(type_) && has_dense_rows(full))
      return full;
    const Value dense = operand.dtype == dtype_of(type_) ? context_.contiguous(full)
                                                         : context_.copy(full, dtype_of(type_));
    const Shape shape{extents_.groups, extents_.n, rows, operand.shape.back()};
    return view(dense, shape, contiguous_strides(shape));
  }

  [[nodiscard]] AttentionProducts& products() noexcept { return products_; }
  [[nodiscard]] const AttentionKernels& kernels() const {
    return context_.kernels().attention[index_of(type_)];
  }
  [[nodiscard]] const AttentionExtents& score_extents() const { return score_extents_; }
  [[nodiscard]] const Extents& extents() const { return extents_; }
  [[nodiscard]] ComputeType type() const { return type_; }

  /// What is added to the scores of a group; null for nothing.
  [[nodiscard]] const void* bias(std::int64_t k) const {
    if (bias_.data == nullptr) return nullptr;
    return static_cast<const std::byte*>(bias_.data) +
           k * extents_.rows() * extents_.source * static_cast<std::int64_t>(size_of(type_));
  }
  /// Where the rows of a group begin in a vector of one element a row.
  template <class Pointer>
  [[nodiscard]] Pointer rows_at(Pointer all, std::int64_t k) const {
    using Byte = std::conditional_t<std::is_const_v<std::remove_pointer_t<Pointer>>,
                                    const std::byte, std::byte>;
    return static_cast<Byte*>(all) +
           k * extents_.rows() * static_cast<std::int64_t>(size_of(type_));
  }

  /// A result (batch..., rows, columns) that is filled group by group. Several groups lie in the
  /// memory order (group, row, n, column): the caller joins the heads of a row, which then costs
  /// nothing.
  [[nodiscard]] Value make_result(std::int64_t rows, std::int64_t columns) {
    if (extents_.groups == 1) {
      const Shape shape{1, extents_.n, rows, columns};
      return context_.make_value(dtype_of(type_), shape);
    }
    const Shape lying{extents_.groups, rows, extents_.n, columns};
    const std::int64_t order[] = {0, 2, 1, 3};
    return permuted(context_.make_value(dtype_of(type_), lying), order);
  }
  /// The result in the dtype and shape of `meta`.
  [[nodiscard]] Value finish(const Value& result, const TensorMeta& meta) {
    if (result.dtype == meta.dtype && result.shape == meta.shape) return result;
    const Value dense = context_.contiguous(result);
    const Value rounded = dense.dtype == meta.dtype ? dense : context_.copy(dense, meta.dtype);
    return view(rounded, meta.shape, contiguous_strides(meta.shape));
  }

 private:
  [[nodiscard]] Shape with_batch(std::int64_t rows, std::int64_t columns) const {
    Shape full = extents_.batch;
    full.push_back(rows);
    full.push_back(columns);
    return full;
  }

  /// A bool mask becomes 0 where it is true and minus infinity elsewhere.
  void read_mask(const Value& mask) {
    const Value full = broadcast_to(mask, with_batch(extents_.length, extents_.source));
    if (mask.dtype != DType::kBool) {
      bias_ = context_.elements(full, type_);
      return;
    }
    const Elements flags = context_.elements(full, ComputeType::kInteger);
    const std::int64_t count = full.element_count();
    bias_.owner = context_.scratch(count, type_);
    bias_.data = bias_.owner->data();
    dispatch(type_, [&]<class T>() {
      T* out = static_cast<T*>(bias_.owner->data());
      for (std::int64_t i = 0; i < count; ++i)
        out[i] = flags.as<std::int64_t>()[i] != 0 ? T(0) : -std::numeric_limits<T>::infinity();
    });
  }

  Context& context_;
  ComputeType type_;
  Extents extents_;

 public:
  Value query;
  Value key;
  Value value;

 private:
  AttentionExtents score_extents_;
  AttentionProducts products_;
  Elements bias_;
};

}  // namespace

Results attention(Context& context, const EngineCall& call) {
  Attention attention(context, call, 0, 3);
  Destination sums = context.destination(call.result_metas[1], attention.type());
  const Value output = attention.make_result(attention.extents().length, attention.value.shape[3]);
  AttentionProducts& products = attention.products();
  for (std::int64_t k = 0; k < attention.extents().groups; ++k) {
    const Value weights = products.scores(group(attention.query, k), group(attention.key, k));
    attention.kernels().weights(weights.bytes(), attention.bias(k), attention.rows_at(sums.data, k),
                                attention.score_extents());
    products.mix(weights, group(attention.value, k), group(output, k));
  }
  Results results;
  results.push_back(attention.finish(output, call.result_metas[0]));
  results.push_back(context.finish(std::move(sums)));
  return results;
}

Results attention_backward(Context& context, const EngineCall& call) {
  Attention attention(context, call, 1, 6);
  const Value grad = attention.groups_of(*call.operands[0].value);
  const Elements sums = context.elements(*call.operands[5].value, attention.type());
  const Value* const inputs[] = {&attention.query, &attention.key, &attention.value};
  Value grads[3];
  for (std::size_t i = 0; i < 3; ++i)
    grads[i] = attention.make_result(inputs[i]->shape[2], inputs[i]->shape[3]);
  AttentionProducts& products = attention.products();
  for (std::int64_t k = 0; k < attention.extents().groups; ++k) {
    const Value query = group(attention.query, k), key = group(attention.key, k);
    const Value weights = products.scores(query, key);
    attention.kernels().weights_again(weights.bytes(), attention.bias(k),
                                      attention.rows_at(sums.data, k), attention.score_extents());
    const Value group_grad = group(grad, k);
    const Value grad_scores = products.scores(group_grad, group(attention.value, k));
    attention.kernels().score_gradients(grad_scores.bytes(), weights.bytes(),
                                        attention.score_extents());
    products.mix(grad_scores, key, group(grads[0], k));
    products.mix_transposed(grad_scores, query, group(grads[1], k));
    products.mix_transposed(weights, group_grad, group(grads[2], k));
  }
  Results results;
  for (std::size_t i = 0; i < 3; ++i)
    results.push_back(attention.finish(grads[i], call.result_metas[i]));
  return results;
}

}  // namespace gt::worker::native

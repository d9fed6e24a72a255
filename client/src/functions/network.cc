// Parts of networks: embedding, softmax, normalisation, dropout, attention, losses.
#include <gt/autograd.h>
#include <gt/error.h>
#include <gt/functions.h>
#include <gt/macros.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_all;
using detail::call_in_place;
using detail::to_dtype;

Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t padding_idx) {
  GT_ENTRY();
  return call(Op::embedding, {weight, indices}, make_attributes(Op::embedding, padding_idx));
}

#define GT_SOFTMAX(name)                                                            \
  Tensor name(const Tensor& self, std::int64_t dim, optional<ScalarType> dtype) {   \
    GT_ENTRY();                                                                     \
    return call(Op::name, {self}, make_attributes(Op::name, dim, to_dtype(dtype))); \
  }                                                                                 \
  Tensor Tensor::name(std::int64_t dim, optional<ScalarType> dtype) const {         \
    GT_ENTRY();                                                                     \
    return gt::name(*this, dim, dtype);                                             \
  }

GT_SOFTMAX(softmax)
GT_SOFTMAX(log_softmax)
#undef GT_SOFTMAX

Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight,
                  const Tensor& bias, double eps) {
  GT_ENTRY();
  const std::span<const std::int64_t> shape(normalized_shape.data(), normalized_shape.size());
  return call_all(Op::native_layer_norm, {input, weight, bias},
                  make_attributes(Op::native_layer_norm, shape, eps))[0];
}

namespace {

void check_probability(double p) {
  if (!(p >= 0 && p <= 1))
    throw Error(str("[dropout] dropout probability has to be between 0 and 1, but got ", p));
}

Attributes dropout_attributes(double p) {
  const auto key = client::current_sink()->next_random_key();
  return make_attributes(Op::dropout, p, key.seed, key.counter);
}

}  // namespace

Tensor dropout(const Tensor& input, double p, bool train) {
  GT_ENTRY();
  check_probability(p);
  if (!train || p == 0 || input.numel() == 0) return input;
  return call(Op::dropout, {input}, dropout_attributes(p));
}

Tensor& dropout_(Tensor& self, double p, bool train) {
  GT_ENTRY();
  check_probability(p);
  if (!train || p == 0 || self.numel() == 0) return self;
  return call_in_place(self, Op::dropout, {self}, dropout_attributes(p));
}

namespace {

/// (..., rows, columns) expanded to the leading dims `batch`.
Tensor with_batch(const Tensor& x, const Shape& batch) {
  std::vector<std::int64_t> sizes(batch.begin(), batch.end());
  sizes.insert(sizes.end(), x.sizes().end() - 2, x.sizes().end());
  return x.sizes() == IntArrayRef(sizes) ? x : x.expand(sizes);
}

/// Query, key and value with the same leading dims.
std::array<Tensor, 3> broadcast_batches(const Tensor& query, const Tensor& key,
                                        const Tensor& value) {
  if (query.dim() < 2 || key.dim() < 2 || value.dim() < 2) return {query, key, value};
  const auto batch_of = [](const Tensor& x) {
    return Shape(std::span(x.sizes().data(), x.sizes().size() - 2));
  };
  try {
    const Shape batch =
        broadcast_shape(broadcast_shape(batch_of(query), batch_of(key)), batch_of(value));
    return {with_batch(query, batch), with_batch(key, batch), with_batch(value, batch)};
  } catch (const CommonError&) {
    return {query, key, value};  // refused, with its text, by the row
  }
}

/// Attention composed of its parts: with dropout on the weights, or a mask that learns.
Tensor composed_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                          const Tensor& mask, double dropout_p, bool is_causal, double scale) {
  Tensor scores = matmul(query, key.transpose(-2, -1)) * scale;
  const double minus_infinity = -INFINITY;
  if (is_causal) {
    const Tensor allowed =
        ones({query.size(-2), key.size(-2)}, query.options().dtype(kBool)).tril();
    scores = scores.masked_fill(allowed.logical_not(), minus_infinity);
  } else if (mask.defined()) {
    scores = mask.scalar_type() == kBool ? scores.masked_fill(mask.logical_not(), minus_infinity)
                                         : scores + mask;
  }
  return matmul(dropout(softmax(scores, -1), dropout_p, true), value);
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const optional<Tensor>& attn_mask, double dropout_p,
                                    bool is_causal, optional<double> scale) {
  GT_ENTRY();
  check_probability(dropout_p);
  const Tensor mask = attn_mask.value_or(Tensor());
  if (is_causal && mask.defined())
    throw Error(
        "[scaled_dot_product_attention] _scaled_dot_product_attention: Explicit attn_mask "
        "should not be set when is_causal=True");
  const double factor = scale.value_or(
      1.0 / std::sqrt(static_cast<double>(std::max<std::int64_t>(query.size(-1), 1))));
  const bool learns_mask = GradMode::is_enabled() && mask.defined() && mask.requires_grad();
  if (dropout_p > 0 || learns_mask)
    return composed_attention(query, key, value, mask, dropout_p, is_causal, factor);
  const auto [q, k, v] = broadcast_batches(query, key, value);
  return call_all(Op::scaled_dot_product_attention, {q, k, v, mask},
                  make_attributes(Op::scaled_dot_product_attention, is_causal, factor))[0];
}

Tensor mse_loss(const Tensor& self, const Tensor& target, std::int64_t reduction) {
  GT_ENTRY();
  return call(Op::mse_loss, {self, target}, make_attributes(Op::mse_loss, reduction));
}

Tensor cross_entropy_loss(const Tensor& self, const Tensor& target, const Tensor& weight,
                          std::int64_t reduction, std::int64_t ignore_index,
                          double label_smoothing) {
  GT_ENTRY();
  if (GradMode::is_enabled() && weight.defined() && weight.requires_grad())
    throw NotImplementedError(
        "[cross_entropy_loss] the gradient of the class weights is not offered; detach() them");
  return call_all(Op::cross_entropy, {self, target, weight},
                  make_attributes(Op::cross_entropy, reduction, ignore_index, label_smoothing))[0];
}

}  // namespace gt

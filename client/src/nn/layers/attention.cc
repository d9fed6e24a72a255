#include <gt/functions.h>
#include <gt/nn/functional.h>
#include <gt/nn/init.h>
#include <gt/nn/layers/attention.h>

#include <cmath>
#include <limits>
#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

MultiheadAttentionOptions::MultiheadAttentionOptions(std::int64_t embed_dim, std::int64_t num_heads)
    : embed_dim_(embed_dim), num_heads_(num_heads) {}

MultiheadAttentionImpl::MultiheadAttentionImpl(const MultiheadAttentionOptions& attention_options)
    : options(attention_options) {
  GT_ENTRY();
  reset();
}

void MultiheadAttentionImpl::reset() {
  const std::int64_t width = options.embed_dim();
  TORCH_CHECK(options.num_heads() > 0 && width % options.num_heads() == 0,
              "embed_dim must be divisible by num_heads");
  head_dim = width / options.num_heads();
  in_proj_weight = register_parameter("in_proj_weight", empty({3 * width, width}));
  in_proj_bias = options.bias() ? register_parameter("in_proj_bias", empty({3 * width}))
                                : register_parameter("in_proj_bias", {}, false);
  out_proj = register_module("out_proj", Linear(LinearOptions(width, width).bias(options.bias())));
  init::xavier_uniform_(in_proj_weight);
  if (!options.bias()) return;
  init::zeros_(in_proj_bias);
  init::zeros_(out_proj->bias);
}

void MultiheadAttentionImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::MultiheadAttention";
}

namespace {

/// (L, N, E) to (N * heads, L, head_dim).
Tensor split_heads(const Tensor& x, std::int64_t heads, std::int64_t head_dim) {
  return x.contiguous().view({x.size(0), x.size(1) * heads, head_dim}).transpose(0, 1);
}

/// Both masks as one tensor that is added to the scores (N * heads, L, S), or undefined.
Tensor merge_masks(const Tensor& key_padding_mask, const Tensor& attn_mask, const Tensor& scores,
                   std::int64_t batch, std::int64_t heads) {
  const auto as_bias = [&](const Tensor& mask) {
    if (mask.scalar_type() != kBool) return mask;
    return zeros_like(mask, scores.options())
        .masked_fill(mask, -std::numeric_limits<double>::infinity());
  };
  Tensor merged;
  if (attn_mask.defined()) {
    TORCH_CHECK(attn_mask.dim() == 2 || attn_mask.dim() == 3, "attn_mask's dimension ",
                attn_mask.dim(), " is not supported");
    merged = as_bias(attn_mask);
  }
  if (!key_padding_mask.defined()) return merged;
  const std::int64_t keys = scores.size(2);
  TORCH_CHECK(key_padding_mask.dim() == 2 && key_padding_mask.size(0) == batch &&
                  key_padding_mask.size(1) == keys,
              "key_padding_mask should have the shape [", batch, ", ", keys, "], but got ",
              key_padding_mask.sizes());
  const Tensor padding = as_bias(key_padding_mask)
                             .view({batch, 1, 1, keys})
                             .expand({batch, heads, 1, keys})
                             .reshape({batch * heads, 1, keys});
  return merged.defined() ? merged + padding : padding;
}

}  // namespace

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(
    const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& key_padding_mask,
    bool need_weights, const Tensor& attn_mask, bool average_attn_weights) {
  GT_ENTRY();
  const std::int64_t width = options.embed_dim(), heads = options.num_heads();
  TORCH_CHECK(query.dim() == 3 && query.size(2) == width, "query should have the shape (L, N, ",
              width, "), but got ", query.sizes());
  const std::int64_t length = query.size(0), batch = query.size(1);
  const auto project = [&](const Tensor& x, std::int64_t part) {
    const Tensor bias =
        in_proj_bias.defined() ? in_proj_bias.narrow(0, part * width, width) : Tensor();
    return split_heads(functional::linear(x, in_proj_weight.narrow(0, part * width, width), bias),
                       heads, head_dim);
  };
  const Tensor q = project(query, 0) / std::sqrt(static_cast<double>(head_dim));
  const Tensor k = project(key, 1), v = project(value, 2);

  Tensor scores = bmm(q, k.transpose(1, 2));
  const Tensor mask = merge_masks(key_padding_mask, attn_mask, scores, batch, heads);
  if (mask.defined()) scores = scores + mask;
  Tensor weights = functional::softmax(scores, -1);
  weights = functional::dropout(
      weights, functional::DropoutFuncOptions().p(options.dropout()).training(is_training()));
  const Tensor joined = bmm(weights, v).transpose(0, 1).contiguous().view({length, batch, width});
  const Tensor output = out_proj->forward(joined);
  if (!need_weights) return {output, Tensor()};
  weights = weights.view({batch, heads, length, key.size(0)});
  return {output, average_attn_weights ? weights.mean(1) : weights};
}

}  // namespace gt::nn

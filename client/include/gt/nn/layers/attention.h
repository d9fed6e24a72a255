// Multi-head attention.
#pragma once

#include <gt/nn/layers/linear.h>

#include <tuple>

namespace gt::nn {

struct GT_API MultiheadAttentionOptions {
  MultiheadAttentionOptions(std::int64_t embed_dim, std::int64_t num_heads);
  TORCH_ARG(std::int64_t, embed_dim);
  TORCH_ARG(std::int64_t, num_heads);
  TORCH_ARG(double, dropout) = 0.0;
  TORCH_ARG(bool, bias) = true;
};

/// Attention of several heads (Vaswani et al. 2017, "Attention Is All You Need"), with LibTorch's
/// layout: query (L, N, E), key and value (S, N, E); result (L, N, E) and the attention weights
/// averaged over the heads (N, L, S), or an undefined tensor without `need_weights`.
/// `key_padding_mask` (N, S) is true where a key is left out; `attn_mask` (L, S) or
/// (N*heads, L, S) is true where attention is not allowed, or a float that is added to the scores.
class GT_API MultiheadAttentionImpl : public Cloneable<MultiheadAttentionImpl> {
 public:
  MultiheadAttentionImpl(std::int64_t embed_dim, std::int64_t num_heads)
      : MultiheadAttentionImpl(MultiheadAttentionOptions(embed_dim, num_heads)) {}
  explicit MultiheadAttentionImpl(const MultiheadAttentionOptions& options);

  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] std::tuple<Tensor, Tensor> forward(const Tensor& query, const Tensor& key,
                                                   const Tensor& value,
                                                   const Tensor& key_padding_mask = {},
                                                   bool need_weights = true,
                                                   const Tensor& attn_mask = {},
                                                   bool average_attn_weights = true);

  MultiheadAttentionOptions options;
  Tensor in_proj_weight;  ///< (3E, E): query, key, value
  Tensor in_proj_bias;    ///< (3E)
  Linear out_proj = nullptr;
  std::int64_t head_dim = 0;

 protected:
  FORWARD_HAS_DEFAULT_ARGS({3, AnyValue(Tensor())}, {4, AnyValue(true)}, {5, AnyValue(Tensor())},
                           {6, AnyValue(true)})
};
TORCH_MODULE(MultiheadAttention);

}  // namespace gt::nn

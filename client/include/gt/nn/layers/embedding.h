// Tables of vectors.
#pragma once

#include <gt/nn/module.h>

namespace gt::nn {

struct GT_API EmbeddingOptions {
  EmbeddingOptions(std::int64_t num_embeddings, std::int64_t embedding_dim);
  TORCH_ARG(std::int64_t, num_embeddings);
  TORCH_ARG(std::int64_t, embedding_dim);
  /// The row that stays zero at first and receives no gradient; negative counts from the end.
  TORCH_ARG(optional<std::int64_t>, padding_idx) = nullopt;
};

/// Indices of any shape to (*, embedding_dim). The table begins as N(0, 1).
class GT_API EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(std::int64_t num_embeddings, std::int64_t embedding_dim)
      : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
  explicit EmbeddingImpl(EmbeddingOptions options);

  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& indices);

  EmbeddingOptions options;
  Tensor weight;
};
TORCH_MODULE(Embedding);

}  // namespace gt::nn

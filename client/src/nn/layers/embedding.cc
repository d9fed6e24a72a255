#include <gt/functions.h>
#include <gt/nn/functional.h>
#include <gt/nn/init.h>
#include <gt/nn/layers/embedding.h>

#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

EmbeddingOptions::EmbeddingOptions(std::int64_t num_embeddings, std::int64_t embedding_dim)
    : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}

EmbeddingImpl::EmbeddingImpl(EmbeddingOptions embedding_options)
    : options(std::move(embedding_options)) {
  GT_ENTRY();
  reset();
}

void EmbeddingImpl::reset() {
  if (options.padding_idx()) {
    const std::int64_t rows = options.num_embeddings();
    std::int64_t row = *options.padding_idx();
    TORCH_CHECK(-rows <= row && row < rows, "Padding idx must be within num_embeddings");
    options.padding_idx(row < 0 ? row + rows : row);
  }
  weight = register_parameter("weight", empty({options.num_embeddings(), options.embedding_dim()}));
  reset_parameters();
}

void EmbeddingImpl::reset_parameters() {
  GT_ENTRY();
  NoGradGuard no_grad;
  init::normal_(weight);
  if (options.padding_idx()) weight.select(0, *options.padding_idx()).fill_(0);
}

void EmbeddingImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::Embedding(num_embeddings=" << options.num_embeddings()
         << ", embedding_dim=" << options.embedding_dim();
  if (options.padding_idx()) stream << ", padding_idx=" << *options.padding_idx();
  stream << ")";
}

Tensor EmbeddingImpl::forward(const Tensor& indices) {
  GT_ENTRY();
  return functional::embedding(
      indices, weight, functional::EmbeddingFuncOptions().padding_idx(options.padding_idx()));
}

}  // namespace gt::nn

#include <gt/functions.h>
#include <gt/nn/functional.h>

#include "client/src/session/site.h"

namespace gt::nn::functional {

Tensor relu(Tensor input, bool inplace) {
  GT_ENTRY();
  return inplace ? input.relu_() : input.relu();
}

Tensor gelu(const Tensor& input, const GELUFuncOptions& options) {
  GT_ENTRY();
  return gt::gelu(input, options.approximate());
}

Tensor silu(const Tensor& input) {
  GT_ENTRY();
  return gt::silu(input);
}

Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options) {
  GT_ENTRY();
  return gt::softmax(input, options.dim(), options.dtype());
}

Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options) {
  GT_ENTRY();
  return gt::log_softmax(input, options.dim(), options.dtype());
}

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  GT_ENTRY();
  return gt::linear(input, weight, bias);
}

Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options) {
  GT_ENTRY();
  return gt::layer_norm(input, options.normalized_shape(), options.weight(), options.bias(),
                        options.eps());
}

Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingFuncOptions& options) {
  GT_ENTRY();
  std::int64_t padding = -1;
  if (options.padding_idx()) {
    const std::int64_t rows = weight.size(0);
    padding = *options.padding_idx();
    TORCH_CHECK(-rows <= padding && padding < rows, "Padding_idx must be within num_embeddings");
    if (padding < 0) padding += rows;
  }
  return gt::embedding(weight, indices, padding);
}

Tensor dropout(Tensor input, const DropoutFuncOptions& options) {
  GT_ENTRY();
  TORCH_CHECK(options.p() >= 0 && options.p() <= 1,
              "dropout probability has to be between 0 and 1, but got ", options.p());
  if (!options.inplace()) return gt::dropout(input, options.p(), options.training());
  return gt::dropout_(input, options.p(), options.training());
}

Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options) {
  GT_ENTRY();
  if (input.sizes() != target.sizes())
    TORCH_WARN("Using a target size (", target.sizes(), ") that is different to the input size (",
               input.sizes(),
               "). This will likely lead to incorrect results due to broadcasting. "
               "Please ensure they have the same size.");
  return gt::mse_loss(input, target, enumtype::reduction_get_enum(options.reduction()));
}

Tensor cross_entropy(const Tensor& input, const Tensor& target,
                     const CrossEntropyFuncOptions& options) {
  GT_ENTRY();
  return cross_entropy_loss(input, target, options.weight(),
                            enumtype::reduction_get_enum(options.reduction()),
                            options.ignore_index(), options.label_smoothing());
}

}  // namespace gt::nn::functional

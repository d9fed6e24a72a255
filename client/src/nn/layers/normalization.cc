#include <gt/functions.h>
#include <gt/nn/functional.h>
#include <gt/nn/init.h>
#include <gt/nn/layers/normalization.h>

#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

LayerNormOptions::LayerNormOptions(std::vector<std::int64_t> normalized_shape)
    : normalized_shape_(std::move(normalized_shape)) {}

LayerNormImpl::LayerNormImpl(LayerNormOptions layer_norm_options)
    : options(std::move(layer_norm_options)) {
  GT_ENTRY();
  reset();
}

void LayerNormImpl::reset() {
  const bool affine = options.elementwise_affine();
  const auto parameter = [&] { return affine ? gt::empty(options.normalized_shape()) : Tensor(); };
  weight = register_parameter("weight", parameter(), /*requires_grad=*/affine);
  bias = register_parameter("bias", parameter(), /*requires_grad=*/affine);
  reset_parameters();
}

void LayerNormImpl::reset_parameters() {
  GT_ENTRY();
  if (!options.elementwise_affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void LayerNormImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "torch::nn::LayerNorm(" << IntArrayRef(options.normalized_shape())
         << ", eps=" << options.eps() << ", elementwise_affine=" << options.elementwise_affine()
         << ")";
}

Tensor LayerNormImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::layer_norm(input, functional::LayerNormFuncOptions(options.normalized_shape())
                                           .weight(weight)
                                           .bias(bias)
                                           .eps(options.eps()));
}

}  // namespace gt::nn

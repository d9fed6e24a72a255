// Normalisation over the last dims.
#pragma once

#include <gt/nn/module.h>

#include <vector>

namespace gt::nn {

struct GT_API LayerNormOptions {
  LayerNormOptions(std::vector<std::int64_t> normalized_shape);
  TORCH_ARG(std::vector<std::int64_t>, normalized_shape);
  TORCH_ARG(double, eps) = 1e-5;
  TORCH_ARG(bool, elementwise_affine) = true;
};

/// (x - mean) / sqrt(var + eps) * weight + bias over the normalised dims, with the biased variance.
class GT_API LayerNormImpl : public Cloneable<LayerNormImpl> {
 public:
  LayerNormImpl(std::vector<std::int64_t> normalized_shape)
      : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}
  explicit LayerNormImpl(LayerNormOptions options);

  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);

  LayerNormOptions options;
  Tensor weight;
  Tensor bias;
};
TORCH_MODULE(LayerNorm);

}  // namespace gt::nn

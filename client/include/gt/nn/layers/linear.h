// Linear maps and reshaping.
#pragma once

#include <gt/nn/module.h>

namespace gt::nn {

/// `Linear(in, out)`; `LinearOptions(in, out).bias(false)`.
struct GT_API LinearOptions {
  LinearOptions(std::int64_t in_features, std::int64_t out_features);
  TORCH_ARG(std::int64_t, in_features);
  TORCH_ARG(std::int64_t, out_features);
  TORCH_ARG(bool, bias) = true;
};

/// y = x weight^T + bias, over the last dim of x: (*, in_features) to (*, out_features).
/// Weight (out, in) and bias (out) begin as U(-1/sqrt(in), 1/sqrt(in)).
class GT_API LinearImpl : public Cloneable<LinearImpl> {
 public:
  LinearImpl(std::int64_t in_features, std::int64_t out_features)
      : LinearImpl(LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const LinearOptions& options);

  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);

  LinearOptions options;
  Tensor weight;
  Tensor bias;
};
TORCH_MODULE(Linear);

/// Gives back its input.
class GT_API IdentityImpl : public Cloneable<IdentityImpl> {
 public:
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);
};
TORCH_MODULE(Identity);

/// `FlattenOptions().start_dim(1).end_dim(-1)`.
struct GT_API FlattenOptions {
  TORCH_ARG(std::int64_t, start_dim) = 1;
  TORCH_ARG(std::int64_t, end_dim) = -1;
};

/// Flattens the dims from start_dim to end_dim, both included.
class GT_API FlattenImpl : public Cloneable<FlattenImpl> {
 public:
  explicit FlattenImpl(const FlattenOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);

  FlattenOptions options;
};
TORCH_MODULE(Flatten);

}  // namespace gt::nn

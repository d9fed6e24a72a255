// Dropout.
#pragma once

#include <gt/nn/module.h>

namespace gt::nn {

struct GT_API DropoutOptions {
  DropoutOptions(double p = 0.5);
  TORCH_ARG(double, p) = 0.5;
  TORCH_ARG(bool, inplace) = false;
};

/// In training, zeroes each element with probability p and multiplies the rest by 1/(1-p). p
/// outside 0..1 throws `dropout probability has to be between 0 and 1, but got 1.5`.
class GT_API DropoutImpl : public Cloneable<DropoutImpl> {
 public:
  explicit DropoutImpl(double p) : DropoutImpl(DropoutOptions(p)) {}
  explicit DropoutImpl(const DropoutOptions& options = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(Tensor input);

  DropoutOptions options;
};
TORCH_MODULE(Dropout);

using Dropout2dOptions = DropoutOptions;

/// The same for whole channels of (N, C, H, W) or (C, H, W).
class GT_API Dropout2dImpl : public Cloneable<Dropout2dImpl> {
 public:
  explicit Dropout2dImpl(double p) : Dropout2dImpl(Dropout2dOptions(p)) {}
  explicit Dropout2dImpl(const Dropout2dOptions& options = {});

  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(Tensor input);

  Dropout2dOptions options;
};
TORCH_MODULE(Dropout2d);

}  // namespace gt::nn

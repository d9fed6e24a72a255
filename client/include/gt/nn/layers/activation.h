// Activations as modules.
#pragma once

#include <gt/nn/module.h>

#include <string>

namespace gt::nn {

struct GT_API ReLUOptions {
  ReLUOptions(bool inplace = false);
  TORCH_ARG(bool, inplace) = false;
};
class GT_API ReLUImpl : public Cloneable<ReLUImpl> {
 public:
  explicit ReLUImpl(const ReLUOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(Tensor input);
  ReLUOptions options;
};
TORCH_MODULE(ReLU);

struct GT_API GELUOptions {
  /// "none" (by erf) or "tanh".
  TORCH_ARG(std::string, approximate) = "none";
};
class GT_API GELUImpl : public Cloneable<GELUImpl> {
 public:
  explicit GELUImpl(GELUOptions options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);
  GELUOptions options;
};
TORCH_MODULE(GELU);

class GT_API SiLUImpl : public Cloneable<SiLUImpl> {
 public:
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);
};
TORCH_MODULE(SiLU);

class GT_API SigmoidImpl : public Cloneable<SigmoidImpl> {
 public:
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);
};
TORCH_MODULE(Sigmoid);

class GT_API TanhImpl : public Cloneable<TanhImpl> {
 public:
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);
};
TORCH_MODULE(Tanh);

struct GT_API SoftmaxOptions {
  SoftmaxOptions(std::int64_t dim);
  TORCH_ARG(std::int64_t, dim);
};
class GT_API SoftmaxImpl : public Cloneable<SoftmaxImpl> {
 public:
  explicit SoftmaxImpl(std::int64_t dim) : SoftmaxImpl(SoftmaxOptions(dim)) {}
  explicit SoftmaxImpl(const SoftmaxOptions& options);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);
  SoftmaxOptions options;
};
TORCH_MODULE(Softmax);

using LogSoftmaxOptions = SoftmaxOptions;
class GT_API LogSoftmaxImpl : public Cloneable<LogSoftmaxImpl> {
 public:
  explicit LogSoftmaxImpl(std::int64_t dim) : LogSoftmaxImpl(LogSoftmaxOptions(dim)) {}
  explicit LogSoftmaxImpl(const LogSoftmaxOptions& options);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(const Tensor& input);
  LogSoftmaxOptions options;
};
TORCH_MODULE(LogSoftmax);

}  // namespace gt::nn

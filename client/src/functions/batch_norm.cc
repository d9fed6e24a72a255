#include "client/src/functions/batch_norm.h"

#include <gt/autograd.h>
#include <gt/error.h>
#include <gt/functions.h>

#include "client/src/tensor/call.h"

namespace gt {
namespace detail {

Tensor normalise_batch(
    const Tensor& input, const BatchNorm& norm,
    const std::function<void(const Tensor& running, const Tensor& batch)>& update) {
  const std::vector<Tensor> results = call_all(
      Op::native_batch_norm, {input, norm.weight, norm.bias, norm.running_mean, norm.running_var},
      make_attributes(Op::native_batch_norm, norm.training, norm.eps));
  if (norm.training && norm.running_mean.defined() && input.numel() != 0) {
    const NoGradGuard no_grad;
    update(norm.running_mean, results[1].detach());
    update(norm.running_var, results[3].detach());
  }
  return results[0];
}

}  // namespace detail

Tensor batch_norm(const Tensor& input, const optional<Tensor>& weight, const optional<Tensor>& bias,
                  const optional<Tensor>& running_mean, const optional<Tensor>& running_var,
                  bool training, double momentum, double eps, bool) {
  GT_ENTRY();
  const auto given = [](const optional<Tensor>& tensor) { return tensor.value_or(Tensor()); };
  return detail::normalise_batch(
      input, {given(weight), given(bias), given(running_mean), given(running_var), training, eps},
      [momentum](const Tensor& running, const Tensor& batch) {
        running.lerp_(batch.to(running.scalar_type()), momentum);
      });
}

namespace {

void check_features(const Tensor& input, double p) {
  if (!(p >= 0 && p <= 1))
    throw Error("[feature_dropout] dropout probability has to be between 0 and 1, but got " +
                std::to_string(p));
  if (input.dim() < 2)
    throw Error("[feature_dropout] Feature dropout requires at least 2 dimensions in the input");
}

/// 0 or 1/(1-p) for every channel of (N, C, ...).
Tensor feature_noise(const Tensor& input, double p) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(input.dim()), 1);
  sizes[0] = input.size(0);
  sizes[1] = input.size(1);
  const NoGradGuard no_grad;
  return dropout(ones(sizes, input.options()), p, true);
}

}  // namespace

Tensor feature_dropout(const Tensor& input, double p, bool train) {
  GT_ENTRY();
  if (!train || p == 0 || input.numel() == 0) return input;
  check_features(input, p);
  return input.mul(feature_noise(input, p));
}

Tensor& feature_dropout_(Tensor& self, double p, bool train) {
  GT_ENTRY();
  if (!train || p == 0 || self.numel() == 0) return self;
  check_features(self, p);
  return self.mul_(feature_noise(self, p));
}

}  // namespace gt

#include <gt/autograd.h>
#include <gt/functions.h>
#include <gt/nn/init.h>

#include <cmath>

#include "client/src/session/site.h"

namespace gt::nn::init {
namespace {

struct Fans {
  double in;
  double out;
};

Fans fans_of(const Tensor& tensor) {
  TORCH_CHECK(tensor.dim() >= 2,
              "Fan in and fan out can not be computed for tensor with fewer "
              "than 2 dimensions");
  double receptive_field = 1;
  for (std::int64_t i = 2; i < tensor.dim(); ++i)
    receptive_field *= static_cast<double>(tensor.size(i));
  return {static_cast<double>(tensor.size(1)) * receptive_field,
          static_cast<double>(tensor.size(0)) * receptive_field};
}

double kaiming_std(const Tensor& tensor, double a, FanModeType mode,
                   NonlinearityType nonlinearity) {
  const Fans fans = fans_of(tensor);
  const double fan = std::holds_alternative<enumtype::kFanIn>(mode) ? fans.in : fans.out;
  return calculate_gain(nonlinearity, a) / std::sqrt(fan);
}

double xavier_std(const Tensor& tensor, double gain) {
  const Fans fans = fans_of(tensor);
  return gain * std::sqrt(2.0 / (fans.in + fans.out));
}

}  // namespace

double calculate_gain(NonlinearityType nonlinearity, double param) {
  if (std::holds_alternative<enumtype::kTanh>(nonlinearity)) return 5.0 / 3.0;
  if (std::holds_alternative<enumtype::kReLU>(nonlinearity)) return std::sqrt(2.0);
  if (std::holds_alternative<enumtype::kLeakyReLU>(nonlinearity))
    return std::sqrt(2.0 / (1 + param * param));
  return 1.0;
}

Tensor constant_(Tensor tensor, Scalar value) {
  GT_ENTRY();
  NoGradGuard no_grad;
  return tensor.fill_(value);
}

Tensor zeros_(Tensor tensor) {
  GT_ENTRY();
  return constant_(std::move(tensor), 0);
}

Tensor ones_(Tensor tensor) {
  GT_ENTRY();
  return constant_(std::move(tensor), 1);
}

Tensor eye_(Tensor matrix) {
  GT_ENTRY();
  NoGradGuard no_grad;
  TORCH_CHECK(matrix.dim() == 2, "Only tensors with 2 dimensions are supported");
  return matrix.copy_(eye(matrix.size(0), matrix.size(1), matrix.options()));
}

Tensor uniform_(Tensor tensor, double low, double high) {
  GT_ENTRY();
  NoGradGuard no_grad;
  return tensor.uniform_(low, high);
}

Tensor normal_(Tensor tensor, double mean, double std) {
  GT_ENTRY();
  NoGradGuard no_grad;
  return tensor.normal_(mean, std);
}

Tensor xavier_uniform_(Tensor tensor, double gain) {
  GT_ENTRY();
  const double bound = std::sqrt(3.0) * xavier_std(tensor, gain);
  return uniform_(std::move(tensor), -bound, bound);
}

Tensor xavier_normal_(Tensor tensor, double gain) {
  GT_ENTRY();
  const double std = xavier_std(tensor, gain);
  return normal_(std::move(tensor), 0, std);
}

Tensor kaiming_uniform_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  GT_ENTRY();
  const double bound = std::sqrt(3.0) * kaiming_std(tensor, a, mode, nonlinearity);
  return uniform_(std::move(tensor), -bound, bound);
}

Tensor kaiming_normal_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  GT_ENTRY();
  const double std = kaiming_std(tensor, a, mode, nonlinearity);
  return normal_(std::move(tensor), 0, std);
}

}  // namespace gt::nn::init

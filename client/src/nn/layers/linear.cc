#include <gt/functions.h>
#include <gt/nn/functional.h>
#include <gt/nn/init.h>
#include <gt/nn/layers/linear.h>

#include <cmath>
#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

LinearOptions::LinearOptions(std::int64_t in_features, std::int64_t out_features)
    : in_features_(in_features), out_features_(out_features) {}

LinearImpl::LinearImpl(const LinearOptions& linear_options) : options(linear_options) {
  GT_ENTRY();
  reset();
}

void LinearImpl::reset() {
  weight = register_parameter("weight", empty({options.out_features(), options.in_features()}));
  bias = options.bias() ? register_parameter("bias", empty({options.out_features()}))
                        : register_parameter("bias", {}, /*requires_grad=*/false);
  reset_parameters();
}

void LinearImpl::reset_parameters() {
  GT_ENTRY();
  NoGradGuard no_grad;
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined() || options.in_features() == 0) return;
  const double bound = 1 / std::sqrt(static_cast<double>(options.in_features()));
  init::uniform_(bias, -bound, bound);
}

void LinearImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "torch::nn::Linear(in_features=" << options.in_features()
         << ", out_features=" << options.out_features() << ", bias=" << options.bias() << ")";
}

Tensor LinearImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::linear(input, weight, bias);
}

void IdentityImpl::reset() {}

void IdentityImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::Identity()"; }

Tensor IdentityImpl::forward(const Tensor& input) { return input; }

FlattenImpl::FlattenImpl(const FlattenOptions& flatten_options) : options(flatten_options) {}

void FlattenImpl::reset() {}

void FlattenImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::Flatten(start_dim=" << options.start_dim()
         << ", end_dim=" << options.end_dim() << ")";
}

Tensor FlattenImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return input.flatten(options.start_dim(), options.end_dim());
}

}  // namespace gt::nn

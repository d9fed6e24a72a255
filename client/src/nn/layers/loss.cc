#include <gt/nn/layers/loss.h>

#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

MSELossImpl::MSELossImpl(MSELossOptions loss_options) : options(std::move(loss_options)) {}
void MSELossImpl::reset() {}
void MSELossImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::MSELoss()"; }
Tensor MSELossImpl::forward(const Tensor& input, const Tensor& target) {
  GT_ENTRY();
  return functional::mse_loss(input, target, options);
}

CrossEntropyLossImpl::CrossEntropyLossImpl(CrossEntropyLossOptions loss_options)
    : options(std::move(loss_options)) {
  reset();
}
void CrossEntropyLossImpl::reset() { weight = register_buffer("weight", options.weight()); }
void CrossEntropyLossImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::CrossEntropyLoss()";
}
Tensor CrossEntropyLossImpl::forward(const Tensor& input, const Tensor& target) {
  GT_ENTRY();
  CrossEntropyLossOptions current = options;
  return functional::cross_entropy(input, target, current.weight(weight));
}

}  // namespace gt::nn

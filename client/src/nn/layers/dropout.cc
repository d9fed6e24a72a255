#include <gt/nn/functional.h>
#include <gt/nn/layers/dropout.h>

#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

DropoutOptions::DropoutOptions(double p) : p_(p) {}

DropoutImpl::DropoutImpl(const DropoutOptions& dropout_options) : options(dropout_options) {
  reset();
}

void DropoutImpl::reset() {
  TORCH_CHECK(options.p() >= 0 && options.p() <= 1,
              "dropout probability has to be between 0 and 1, but got ", options.p());
}

void DropoutImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "torch::nn::Dropout(p=" << options.p()
         << ", inplace=" << options.inplace() << ")";
}

Tensor DropoutImpl::forward(Tensor input) {
  GT_ENTRY();
  return functional::dropout(std::move(input), functional::DropoutFuncOptions()
                                                   .p(options.p())
                                                   .training(is_training())
                                                   .inplace(options.inplace()));
}

Dropout2dImpl::Dropout2dImpl(const Dropout2dOptions& dropout_options) : options(dropout_options) {
  reset();
}

void Dropout2dImpl::reset() {
  TORCH_CHECK(options.p() >= 0 && options.p() <= 1,
              "dropout probability has to be between 0 and 1, but got ", options.p());
}

void Dropout2dImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "torch::nn::Dropout2d(p=" << options.p()
         << ", inplace=" << options.inplace() << ")";
}

Tensor Dropout2dImpl::forward(Tensor input) {
  GT_ENTRY();
  return functional::dropout2d(std::move(input), functional::Dropout2dFuncOptions()
                                                     .p(options.p())
                                                     .training(is_training())
                                                     .inplace(options.inplace()));
}

}  // namespace gt::nn

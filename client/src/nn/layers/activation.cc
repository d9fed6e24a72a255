#include <gt/functions.h>
#include <gt/nn/functional.h>
#include <gt/nn/layers/activation.h>

#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

ReLUOptions::ReLUOptions(bool inplace) : inplace_(inplace) {}
ReLUImpl::ReLUImpl(const ReLUOptions& relu_options) : options(relu_options) {}
void ReLUImpl::reset() {}
void ReLUImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::ReLU(" << (options.inplace() ? "inplace=true" : "") << ")";
}
Tensor ReLUImpl::forward(Tensor input) {
  GT_ENTRY();
  return functional::relu(std::move(input), options.inplace());
}

GELUImpl::GELUImpl(GELUOptions gelu_options) : options(std::move(gelu_options)) {}
void GELUImpl::reset() {}
void GELUImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::GELU()"; }
Tensor GELUImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::gelu(input, functional::GELUFuncOptions().approximate(options.approximate()));
}

void SiLUImpl::reset() {}
void SiLUImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::SiLU()"; }
Tensor SiLUImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::silu(input);
}

void SigmoidImpl::reset() {}
void SigmoidImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::Sigmoid()"; }
Tensor SigmoidImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return input.sigmoid();
}

void TanhImpl::reset() {}
void TanhImpl::pretty_print(std::ostream& stream) const { stream << "torch::nn::Tanh()"; }
Tensor TanhImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return input.tanh();
}

SoftmaxOptions::SoftmaxOptions(std::int64_t dim) : dim_(dim) {}
SoftmaxImpl::SoftmaxImpl(const SoftmaxOptions& softmax_options) : options(softmax_options) {}
void SoftmaxImpl::reset() {}
void SoftmaxImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::Softmax(dim=" << options.dim() << ")";
}
Tensor SoftmaxImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::softmax(input, options.dim());
}

LogSoftmaxImpl::LogSoftmaxImpl(const LogSoftmaxOptions& log_softmax_options)
    : options(log_softmax_options) {}
void LogSoftmaxImpl::reset() {}
void LogSoftmaxImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::LogSoftmax(dim=" << options.dim() << ")";
}
Tensor LogSoftmaxImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::log_softmax(input, options.dim());
}

}  // namespace gt::nn

#include <gt/nn/functional.h>
#include <gt/nn/layers/pooling.h>

#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

MaxPool2dImpl::MaxPool2dImpl(const MaxPool2dOptions& pool_options) : options(pool_options) {}
void MaxPool2dImpl::reset() {}
void MaxPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "torch::nn::MaxPool2d(kernel_size=" << options.kernel_size()
         << ", stride=" << options.stride() << ", padding=" << options.padding()
         << ", dilation=" << options.dilation() << ", ceil_mode=" << options.ceil_mode() << ")";
}
Tensor MaxPool2dImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::max_pool2d(input, options);
}
std::tuple<Tensor, Tensor> MaxPool2dImpl::forward_with_indices(const Tensor& input) {
  GT_ENTRY();
  return functional::max_pool2d_with_indices(input, options);
}

AvgPool2dImpl::AvgPool2dImpl(const AvgPool2dOptions& pool_options) : options(pool_options) {}
void AvgPool2dImpl::reset() {}
void AvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::AvgPool2d(kernel_size=" << options.kernel_size()
         << ", stride=" << options.stride() << ", padding=" << options.padding() << ")";
}
Tensor AvgPool2dImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::avg_pool2d(input, options);
}

AdaptiveAvgPool2dImpl::AdaptiveAvgPool2dImpl(const AdaptiveAvgPool2dOptions& pool_options)
    : options(pool_options) {}
void AdaptiveAvgPool2dImpl::reset() {}
void AdaptiveAvgPool2dImpl::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::AdaptiveAvgPool2d(output_size=" << options.output_size() << ")";
}
Tensor AdaptiveAvgPool2dImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::adaptive_avg_pool2d(input, options);
}

}  // namespace gt::nn

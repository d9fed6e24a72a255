#include <gt/functions.h>
#include <gt/nn/functional.h>
#include <gt/nn/init.h>
#include <gt/nn/layers/convolution.h>

#include <cmath>
#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {

template <std::size_t D, class Derived>
ConvNdImpl<D, Derived>::ConvNdImpl(const ConvOptions<D>& conv_options) : options(conv_options) {
  GT_ENTRY();
  ConvNdImpl::reset();
}

template <std::size_t D, class Derived>
void ConvNdImpl<D, Derived>::reset() {
  TORCH_CHECK(options.in_channels() > 0 && options.groups() > 0 && options.out_channels() > 0,
              "in_channels, groups and out_channels must be a positive integer.");
  TORCH_CHECK(options.in_channels() % options.groups() == 0,
              "in_channels must be divisible by groups");
  TORCH_CHECK(options.out_channels() % options.groups() == 0,
              "out_channels must be divisible by groups");
  if (std::holds_alternative<enumtype::kSame>(options.padding()))
    for (const std::int64_t stride : *options.stride())
      TORCH_CHECK(stride == 1, "padding='same' is not supported for strided convolutions");
  std::vector<std::int64_t> sizes = {options.out_channels(),
                                     options.in_channels() / options.groups()};
  sizes.insert(sizes.end(), options.kernel_size()->begin(), options.kernel_size()->end());
  weight = this->register_parameter("weight", gt::empty(sizes));
  const bool has_bias = options.bias();
  bias = this->register_parameter("bias", has_bias ? gt::empty({options.out_channels()}) : Tensor(),
                                  /*requires_grad=*/has_bias);
  reset_parameters();
}

template <std::size_t D, class Derived>
void ConvNdImpl<D, Derived>::reset_parameters() {
  GT_ENTRY();
  NoGradGuard no_grad;
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const std::int64_t fan_in = weight.numel() / options.out_channels();
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  init::uniform_(bias, -bound, bound);
}

template <std::size_t D, class Derived>
void ConvNdImpl<D, Derived>::pretty_print(std::ostream& stream) const {
  stream << "torch::nn::Conv" << D << "d(" << options.in_channels() << ", "
         << options.out_channels() << ", kernel_size=" << options.kernel_size()
         << ", stride=" << options.stride();
  const auto* numbers = std::get_if<ExpandingArray<D>>(&options.padding());
  if (numbers == nullptr)
    stream << ", padding="
           << (std::holds_alternative<enumtype::kSame>(options.padding()) ? "'same'" : "'valid'");
  else if (**numbers != *ExpandingArray<D>(0))
    stream << ", padding=" << *numbers;
  if (*options.dilation() != *ExpandingArray<D>(1)) stream << ", dilation=" << options.dilation();
  if (options.groups() != 1) stream << ", groups=" << options.groups();
  if (!options.bias()) stream << ", bias=false";
  stream << ')';
}

template class ConvNdImpl<1, Conv1dImpl>;
template class ConvNdImpl<2, Conv2dImpl>;

namespace {

template <std::size_t D>
functional::ConvFuncOptions<D> function_options(const ConvOptions<D>& options, const Tensor& bias) {
  return functional::ConvFuncOptions<D>()
      .bias(bias)
      .stride(options.stride())
      .padding(options.padding())
      .dilation(options.dilation())
      .groups(options.groups());
}

}  // namespace

Conv1dImpl::Conv1dImpl(const Conv1dOptions& conv_options) : ConvNdImpl(conv_options) {}

Tensor Conv1dImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::conv1d(input, weight, function_options(options, bias));
}

Conv2dImpl::Conv2dImpl(const Conv2dOptions& conv_options) : ConvNdImpl(conv_options) {}

Tensor Conv2dImpl::forward(const Tensor& input) {
  GT_ENTRY();
  return functional::conv2d(input, weight, function_options(options, bias));
}

}  // namespace gt::nn

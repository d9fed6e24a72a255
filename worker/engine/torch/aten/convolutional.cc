#include "worker/engine/torch/aten/convolutional.h"

#include <ATen/ATen.h>

#include <array>
#include <limits>

namespace gt::aten {
namespace {

using Tensors = std::vector<at::Tensor>;

at::IntArrayRef list(const RowCall& call, std::size_t k) {
  const auto values = call.attributes.integers(call.row, k);
  return {values.data(), values.size()};
}

/// 16-bit floats as float32: rounded once, at the end.
at::Tensor widened(const at::Tensor& tensor) {
  const bool is_narrow = tensor.defined() && (tensor.scalar_type() == at::kHalf ||
                                              tensor.scalar_type() == at::kBFloat16);
  return is_narrow ? tensor.to(at::kFloat) : tensor;
}

/// The tensor in the dtype of `like` if it was asked for, and one without elements if not: LibTorch
/// computes some of those all the same.
at::Tensor if_wanted(bool is_wanted, const at::Tensor& tensor, const at::Tensor& like) {
  if (!is_wanted || !tensor.defined()) return at::empty({0}, like.options());
  return tensor.to(like.scalar_type());
}

/// `grad` with the plane size of attribute 0.
at::Tensor planes_like(const RowCall& call, const at::Tensor& grad) {
  std::vector<std::int64_t> sizes = grad.sizes().vec();
  std::copy_n(list(call, 0).begin(), 2, sizes.end() - 2);
  return at::empty(sizes, grad.options());
}

/// Statistics of the channels of an input without elements.
Tensors norm_of_nothing(const at::Tensor& input) {
  const at::Tensor none =
      at::full({input.size(1)}, std::numeric_limits<double>::quiet_NaN(), widened(input).options());
  return {at::empty_like(input), none, none, none};
}

}  // namespace

Tensors convolution_backward(const RowCall& call) {
  const at::Tensor &input = call.tensor(1), &weight = call.tensor(2);
  const std::int64_t wanted = call.attributes.integer(call.row, 4);
  const std::array<bool, 3> mask{(wanted & 1) != 0, (wanted & 2) != 0, (wanted & 4) != 0};
  const std::vector<std::int64_t> output_padding(static_cast<std::size_t>(weight.dim() - 2), 0);
  const std::array<std::int64_t, 1> bias_sizes{weight.size(0)};
  // For 16-bit floats LibTorch leaves taps that meet nothing but padding as they were in memory.
  auto [grad_input, grad_weight, grad_bias] = at::convolution_backward(
      widened(call.tensor(0)), widened(input), widened(weight), at::OptionalIntArrayRef(bias_sizes),
      list(call, 0), list(call, 1), list(call, 2), false, output_padding,
      call.attributes.integer(call.row, 3), mask);
  return {if_wanted(mask[0], grad_input, input), if_wanted(mask[1], grad_weight, input),
          if_wanted(mask[2], grad_bias, input)};
}

Tensors native_batch_norm(const RowCall& call) {
  const at::Tensor& input = call.tensor(0);
  const bool training = call.attributes.boolean(call.row, 0);
  const double eps = call.attributes.real(call.row, 1);
  if (training && input.numel() == 0) return norm_of_nothing(input);
  const at::Tensor wide = widened(input);
  // In training ATen would write the running statistics; here that is the client's affair.
  const at::Tensor running_mean = training ? at::Tensor() : widened(call.tensor(3));
  const at::Tensor running_var = training ? at::Tensor() : widened(call.tensor(4));
  auto [output, mean, rstd] =
      at::native_batch_norm(wide, widened(call.tensor_or_none(1)), widened(call.tensor_or_none(2)),
                            running_mean, running_var, training, 0, eps);
  const at::Tensor narrow = output.to(input.scalar_type());
  if (!training)
    return {narrow, running_mean.clone(), at::rsqrt(running_var + eps), running_var.clone()};
  std::vector<std::int64_t> dims{0};
  for (std::int64_t dim = 2; dim < input.dim(); ++dim) dims.push_back(dim);
  return {narrow, mean, rstd, at::var(wide, dims, /*correction=*/at::Scalar(1), false)};
}

Tensors native_batch_norm_backward(const RowCall& call) {
  const at::Tensor& input = call.tensor(1);
  const bool train = call.attributes.boolean(call.row, 0);
  const at::Tensor wide = widened(input), weight = widened(call.tensor_or_none(4));
  const at::Tensor mean = call.tensor(2).contiguous(), rstd = call.tensor(3).contiguous();
  const auto narrow = [&](const at::Tensor& grad) {
    return grad.to(call.has_tensor(4) ? call.tensor(4).scalar_type() : input.scalar_type());
  };
  if (input.numel() == 0) {
    const at::Tensor zeros = at::zeros({input.size(1)}, wide.options());
    return {at::empty_like(input), narrow(zeros), narrow(zeros)};
  }
  // With eps 0 the running variance rstd^-2 gives that rstd again.
  const at::Tensor variance = train ? at::Tensor() : at::pow(rstd, -2);
  auto [grad_input, grad_weight, grad_bias] = at::native_batch_norm_backward(
      widened(call.tensor(0)).contiguous(), wide.contiguous(),
      weight.defined() ? weight.contiguous() : at::ones_like(rstd), train ? at::Tensor() : mean,
      variance, mean, rstd, train, 0, {true, true, true});
  return {grad_input.to(input.scalar_type()), narrow(grad_weight), narrow(grad_bias)};
}

Tensors max_pool2d_backward(const RowCall& call) {
  const at::Tensor grad = widened(call.tensor(0));
  const at::Tensor result = at::zeros_like(planes_like(call, grad));
  if (result.numel() == 0 || grad.numel() == 0) return {result.to(call.tensor(0).scalar_type())};
  const at::Tensor positions = call.tensor(1).flatten(-2);
  // A window in the padding has no position and sends nothing.
  const at::Tensor sent = at::where(at::lt(positions, 0), 0, grad.flatten(-2));
  const at::Tensor flat = result.flatten(-2).scatter_add(-1, positions.clamp_min(0), sent);
  return {flat.reshape(result.sizes()).to(call.tensor(0).scalar_type())};
}

Tensors avg_pool2d_backward(const RowCall& call) {
  const at::Tensor grad = widened(call.tensor(0));
  const at::IntArrayRef window = list(call, 1);
  const std::int64_t divisor = call.attributes.integer(call.row, 4);
  const at::Tensor result = at::avg_pool2d_backward(
      grad, planes_like(call, grad), window.slice(0, 2), window.slice(2, 2), window.slice(4, 2),
      call.attributes.boolean(call.row, 2), call.attributes.boolean(call.row, 3),
      divisor == 0 ? std::nullopt : std::optional(divisor));
  return {result.to(call.tensor(0).scalar_type())};
}

Tensors adaptive_avg_pool2d_backward(const RowCall& call) {
  const at::Tensor grad = widened(call.tensor(0));
  const at::Tensor input = planes_like(call, grad);
  if (grad.numel() == 0) return {at::zeros_like(input).to(call.tensor(0).scalar_type())};
  return {at::_adaptive_avg_pool2d_backward(grad, input).to(call.tensor(0).scalar_type())};
}

}  // namespace gt::aten

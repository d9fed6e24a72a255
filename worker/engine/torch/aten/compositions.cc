#include "worker/engine/torch/aten/compositions.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "worker/engine/torch/aten/convolutional.h"

namespace gt::aten {
namespace {

using Tensors = std::vector<at::Tensor>;
using Composition = Tensors (*)(const RowCall&);

std::vector<std::int64_t> dims_of(std::int64_t first, std::int64_t end) {
  std::vector<std::int64_t> dims(static_cast<std::size_t>(end - first));
  std::iota(dims.begin(), dims.end(), first);
  return dims;
}

bool is_reduced(at::ScalarType type) { return type == at::kHalf || type == at::kBFloat16; }

/// Statistics beside a result are kept in float32 where the result itself is narrower.
at::Tensor widened(const at::Tensor& tensor) {
  return tensor.defined() && is_reduced(tensor.scalar_type()) ? tensor.to(at::kFloat) : tensor;
}

std::optional<at::ScalarType> dtype_attribute(const RowCall& call, std::size_t k) {
  if (!call.attributes.has_dtype(call.row, k)) return std::nullopt;
  return to_scalar_type(call.attributes.dtype(call.row, k));
}

/// Computed in float32 and rounded once; ATen's vectorised kernel rounds the quotient to half
/// precision before it truncates.
Tensors div_trunc(const RowCall& call) {
  const at::Tensor self = call.as_tensor(0), other = call.as_tensor(1);
  const at::ScalarType type = at::result_type(self, other);
  if (!is_reduced(type)) return call_boxed(call);
  return {at::div(self.to(type).to(at::kFloat), other.to(type).to(at::kFloat), "trunc").to(type)};
}

Tensors prod(const RowCall& call) {
  const at::Tensor& self = call.tensor(0);
  const auto dims = call.attributes.integers(call.row, 0);
  const bool keepdim = call.attributes.boolean(call.row, 1);
  const auto dtype = dtype_attribute(call, 2);
  if (self.dim() == 0) return {at::prod(self, dtype)};
  std::vector<std::int64_t> reduced(dims.begin(), dims.end());
  if (reduced.empty()) reduced = dims_of(0, self.dim());
  for (std::int64_t& dim : reduced) dim = dim < 0 ? dim + self.dim() : dim;
  std::sort(reduced.begin(), reduced.end(), std::greater<>());
  at::Tensor result = self;
  for (const std::int64_t dim : reduced) result = at::prod(result, dim, keepdim, dtype);
  return {result};
}

/// ATen counts the elements of a range itself; aimed half a step past the last one it cannot miss.
Tensors arange(const RowCall& call) {
  const ScalarValue start = call.attributes.scalar(call.row, 0);
  const ScalarValue step = call.attributes.scalar(call.row, 1);
  const std::int64_t length = call.attributes.integer(call.row, 2);
  const auto options =
      at::TensorOptions(to_scalar_type(call.attributes.dtype(call.row, 3))).device(call.device);
  if (length == 0) return {at::empty({0}, options)};
  if (is_floating(start.dtype()) || is_floating(step.dtype())) {
    const double end = start.to_double() + (static_cast<double>(length) - 0.5) * step.to_double();
    return {at::arange(start.to_double(), end, step.to_double(), options)};
  }
  const std::int64_t sign = step.to_int64() > 0 ? 1 : -1;
  const std::int64_t last = start.to_int64() + (length - 1) * step.to_int64();
  return {at::arange(start.to_int64(), last + sign, step.to_int64(), options)};
}

/// The product of integer matrices on devices whose matrix library knows only floats.
at::Tensor integer_product(const at::Tensor& a, const at::Tensor& b) {
  return at::sum(at::mul(a.unsqueeze(-1), b.unsqueeze(-3)), {-2}, false, a.scalar_type());
}

bool needs_integer_product(const RowCall& call) {
  return call.tensor(0).is_cuda() && at::isIntegralType(call.tensor(0).scalar_type(), true);
}

Tensors matrix_product(const RowCall& call) {
  if (!needs_integer_product(call)) return call_boxed(call);
  return {integer_product(call.tensor(0), call.tensor(1))};
}

Tensors added_matrix_product(const RowCall& call) {
  if (!needs_integer_product(call)) return call_boxed(call);
  const at::Scalar beta = to_scalar(call.attributes.scalar(call.row, 0));
  const at::Scalar alpha = to_scalar(call.attributes.scalar(call.row, 1));
  const at::Tensor product = integer_product(call.tensor(1), call.tensor(2));
  return {at::add(at::mul(call.tensor(0), beta), product, alpha)};
}

Tensors layer_norm(const RowCall& call) {
  const at::Tensor& input = call.tensor(0);
  const auto shape = call.attributes.integers(call.row, 0);
  auto [output, mean, rstd] = at::native_layer_norm(
      widened(input), at::IntArrayRef(shape.data(), shape.size()), widened(call.tensor_or_none(1)),
      widened(call.tensor_or_none(2)), call.attributes.real(call.row, 1));
  return {output.to(input.scalar_type()), mean, rstd};
}

Tensors layer_norm_backward(const RowCall& call) {
  const at::Tensor& input = call.tensor(1);
  const auto sizes = call.attributes.integers(call.row, 0);
  const at::IntArrayRef shape(sizes.data(), sizes.size());
  const at::Tensor wide_input = widened(input);
  const auto parameter = [&](std::size_t k, double value) {
    return call.has_tensor(k) ? widened(call.tensor(k))
                              : at::full(shape, value, wide_input.options());
  };
  // ATen reads the statistics as if they were contiguous.
  auto [grad_input, grad_weight, grad_bias] = at::native_layer_norm_backward(
      widened(call.tensor(0)).contiguous(), wide_input.contiguous(), shape,
      call.tensor(2).contiguous(), call.tensor(3).contiguous(), parameter(4, 1.0).contiguous(),
      parameter(5, 0.0), {true, true, true});
  const auto narrow = [&](const at::Tensor& grad, std::size_t k) {
    return grad.to(call.has_tensor(k) ? call.tensor(k).scalar_type() : input.scalar_type());
  };
  return {narrow(grad_input, 1), narrow(grad_weight, 4), narrow(grad_bias, 5)};
}

std::int64_t class_dim(const at::Tensor& logits) { return logits.dim() == 1 ? 0 : 1; }

/// ATen's mean divides gradients by the count of the operand that was broadcast.
Tensors mse_loss(const RowCall& call) {
  const std::vector<at::Tensor> operands = at::broadcast_tensors({call.tensor(0), call.tensor(1)});
  return {at::mse_loss(operands[0], operands[1], call.attributes.integer(call.row, 0))};
}

Tensors cross_entropy(const RowCall& call) {
  const at::Tensor& logits = call.tensor(0);
  at::Tensor target = call.tensor(1);
  if (!target.is_floating_point()) target = target.to(at::kLong);
  const at::Tensor loss = at::cross_entropy_loss(
      logits, target, call.tensor_or_none(2), call.attributes.integer(call.row, 0),
      call.attributes.integer(call.row, 1), call.attributes.real(call.row, 2));
  return {loss, at::logsumexp(widened(logits), {class_dim(logits)})};
}

/// The weights with which the classes of a row enter its loss: sum over c of -q_c log p_c. For
/// class indices `rows` is the weight of each row's target, zero where it is ignored.
struct TargetWeights {
  at::Tensor classes;
  at::Tensor rows;
};

TargetWeights target_weights(const RowCall& call, const at::Tensor& logits) {
  const at::Tensor& target = call.tensor(2);
  const std::int64_t dim = class_dim(logits);
  const double smoothing = call.attributes.real(call.row, 2);
  const double smooth_part =
      smoothing / static_cast<double>(std::max<std::int64_t>(logits.size(dim), 1));
  std::vector<std::int64_t> broadcast(static_cast<std::size_t>(logits.dim()), 1);
  broadcast[static_cast<std::size_t>(dim)] = logits.size(dim);
  const at::Tensor weight = call.has_tensor(4) ? widened(call.tensor(4)).view(broadcast)
                                               : at::ones(broadcast, logits.options());
  if (target.is_floating_point())
    return {weight * (widened(target) * (1.0 - smoothing) + smooth_part), {}};
  const at::Tensor valid = at::ne(target, call.attributes.integer(call.row, 1)).unsqueeze(dim);
  const at::Tensor index = at::where(valid, target.to(at::kLong).unsqueeze(dim), 0);
  const at::Tensor picked = at::zeros_like(logits).scatter(dim, index, 1.0) * weight;
  return {(picked * (1.0 - smoothing) + weight * smooth_part) * valid, (picked * valid).sum(dim)};
}

Tensors cross_entropy_backward(const RowCall& call) {
  const at::Tensor logits = widened(call.tensor(1));
  const std::int64_t dim = class_dim(logits);
  const std::int64_t reduction = call.attributes.integer(call.row, 0);
  const TargetWeights weights = target_weights(call, logits);
  at::Tensor grad = widened(call.tensor(0));
  if (reduction == at::Reduction::Mean && weights.rows.defined()) grad = grad / weights.rows.sum();
  if (reduction == at::Reduction::Mean && !weights.rows.defined())
    grad = grad * (static_cast<double>(logits.size(dim)) / static_cast<double>(logits.numel()));
  if (reduction == at::Reduction::None) grad = grad.unsqueeze(dim);
  const at::Tensor probabilities = at::exp(logits - call.tensor(3).unsqueeze(dim));
  const at::Tensor rows = weights.classes.sum({dim}, true);
  const at::Tensor every = grad * (probabilities * rows - weights.classes);
  // A row that is ignored has no gradient, even where the mean over no rows is not a number.
  const at::Tensor result = every.masked_fill(at::eq(rows, 0), 0);
  return {result.to(call.tensor(1).scalar_type())};
}

/// scale * query key^T with the mask applied; masked positions are minus infinity.
at::Tensor attention_scores(const at::Tensor& query, const at::Tensor& key, const at::Tensor& mask,
                            bool is_causal, double scale) {
  at::Tensor scores = at::matmul(query, key.transpose(-2, -1)) * scale;
  const double blocked = -std::numeric_limits<double>::infinity();
  if (is_causal) {
    const at::Tensor allowed =
        at::ones({query.size(-2), key.size(-2)}, query.options().dtype(at::kBool)).tril();
    scores = scores.masked_fill(allowed.logical_not(), blocked);
  }
  if (!mask.defined()) return scores;
  if (mask.scalar_type() == at::kBool) return scores.masked_fill(mask.logical_not(), blocked);
  return scores + widened(mask);
}

Tensors attention(const RowCall& call) {
  const at::Tensor scores =
      attention_scores(widened(call.tensor(0)), widened(call.tensor(1)), call.tensor_or_none(3),
                       call.attributes.boolean(call.row, 0), call.attributes.real(call.row, 1));
  return {call_boxed(call)[0], at::logsumexp(scores, {-1})};
}

/// A sum over the dims that broadcasting added to `shape`.
at::Tensor sum_to(const at::Tensor& tensor, const at::Tensor& like) {
  return at::sum_to(tensor, like.sizes()).to(like.scalar_type());
}

Tensors attention_backward(const RowCall& call) {
  const at::Tensor grad = widened(call.tensor(0));
  const at::Tensor query = widened(call.tensor(1));
  const at::Tensor key = widened(call.tensor(2));
  const at::Tensor value = widened(call.tensor(3));
  const at::Tensor& logsumexp = call.tensor(5);
  const double scale = call.attributes.real(call.row, 1);
  const at::Tensor scores = attention_scores(query, key, call.tensor_or_none(6),
                                             call.attributes.boolean(call.row, 0), scale);
  // A row whose every position is masked has no probabilities, and gives no gradient.
  const at::Tensor shift = at::where(at::isinf(logsumexp), 0.0, logsumexp);
  const at::Tensor probabilities = at::exp(scores - shift.unsqueeze(-1));
  const at::Tensor grad_value = at::matmul(probabilities.transpose(-2, -1), grad);
  const at::Tensor grad_probabilities = at::matmul(grad, value.transpose(-2, -1));
  const at::Tensor row_sum = (grad * widened(call.tensor(4))).sum({-1}, true);
  const at::Tensor grad_scores = probabilities * (grad_probabilities - row_sum) * scale;
  return {sum_to(at::matmul(grad_scores, key), call.tensor(1)),
          sum_to(at::matmul(grad_scores.transpose(-2, -1), query), call.tensor(2)),
          sum_to(grad_value, call.tensor(3))};
}

/// As LibTorch's optimizers compute it.
Tensors adam_update(const RowCall& call) {
  const auto real = [&](std::size_t k) { return call.attributes.real(call.row, k); };
  const double lr = real(0), beta1 = real(1), beta2 = real(2), weight_decay = real(4);
  const auto step = static_cast<double>(call.attributes.integer(call.row, 5));
  const bool decoupled = call.attributes.boolean(call.row, 6);
  at::Tensor self = widened(call.tensor(0)), grad = widened(call.tensor(3));
  if (!decoupled && weight_decay != 0) grad = grad.add(self, weight_decay);
  if (decoupled) self = self.mul(1 - lr * weight_decay);
  const at::Tensor first = widened(call.tensor(1)).mul(beta1).add(grad, 1 - beta1);
  const at::Tensor second = widened(call.tensor(2)).mul(beta2).addcmul(grad, grad, 1 - beta2);
  const at::Tensor denominator =
      (second.sqrt() / std::sqrt(1 - std::pow(beta2, step))).add_(real(3));
  const at::Tensor updated = self.addcdiv(first, denominator, -lr / (1 - std::pow(beta1, step)));
  const at::ScalarType dtype = call.tensor(0).scalar_type();
  return {updated.to(dtype), first.to(dtype), second.to(dtype)};
}

constexpr std::pair<Op, Composition> kCompositions[] = {
    {Op::div_trunc, div_trunc},
    {Op::prod, prod},
    {Op::arange, arange},
    {Op::mm, matrix_product},
    {Op::bmm, matrix_product},
    {Op::addmm, added_matrix_product},
    {Op::baddbmm, added_matrix_product},
    {Op::native_layer_norm, layer_norm},
    {Op::native_layer_norm_backward, layer_norm_backward},
    {Op::mse_loss, mse_loss},
    {Op::cross_entropy, cross_entropy},
    {Op::cross_entropy_backward, cross_entropy_backward},
    {Op::scaled_dot_product_attention, attention},
    {Op::convolution_backward, convolution_backward},
    {Op::native_batch_norm, native_batch_norm},
    {Op::native_batch_norm_backward, native_batch_norm_backward},
    {Op::max_pool2d_backward, max_pool2d_backward},
    {Op::avg_pool2d_backward, avg_pool2d_backward},
    {Op::adaptive_avg_pool2d_backward, adaptive_avg_pool2d_backward},
    {Op::adam_update, adam_update},
    {Op::scaled_dot_product_attention_backward, attention_backward},
};

}  // namespace

at::Tensor RowCall::as_tensor(std::size_t k) const {
  if (const auto* given = std::get_if<at::Tensor>(&operands[k])) return *given;
  at::Tensor number = at::scalar_tensor(std::get<at::Scalar>(operands[k]),
                                        std::get<at::Scalar>(operands[k]).type());
  number.unsafeGetTensorImpl()->set_wrapped_number(true);
  return number;
}

std::vector<at::Tensor> compute(const RowCall& call) {
  for (const auto& [op, composition] : kCompositions)
    if (op == call.row.op) return composition(call);
  return call_boxed(call);
}

}  // namespace gt::aten

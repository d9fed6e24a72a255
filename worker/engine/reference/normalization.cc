#include <algorithm>
#include <cmath>
#include <limits>

#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// log(sum(exp(x))) of one run of elements.
double log_sum_exp(const Array<double>& array, const Lanes& lanes, std::int64_t lane) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::int64_t k = 0; k < lanes.size; ++k)
    largest = std::max(largest, array[lanes.position(lane, k)]);
  double total = 0;
  for (std::int64_t k = 0; k < lanes.size; ++k)
    total += std::exp(array[lanes.position(lane, k)] - largest);
  return std::log(total) + largest;
}

template <bool kLog>
std::vector<Value> softmax(const Call& call) {
  auto array = call.read<double>(0);
  const Lanes lanes(array.shape, wrapped(call.integer(0), array.shape.size()));
  for (std::int64_t lane = 0; lane < lanes.count; ++lane) {
    const double norm = log_sum_exp(array, lanes, lane);
    for (std::int64_t k = 0; k < lanes.size; ++k) {
      double& element = array[lanes.position(lane, k)];
      element = kLog ? element - norm : std::exp(element - norm);
    }
  }
  return call.results(array);
}

/// With y = softmax(x): dx = y (dy - sum(y dy)); with y = log softmax(x): dx = dy - exp(y) sum(dy).
template <bool kLog>
std::vector<Value> softmax_backward(const Call& call) {
  auto grad = call.read<double>(0);
  const auto output = call.read<double>(1);
  const Lanes lanes(grad.shape, wrapped(call.integer(0), grad.shape.size()));
  for (std::int64_t lane = 0; lane < lanes.count; ++lane) {
    double total = 0;
    for (std::int64_t k = 0; k < lanes.size; ++k) {
      const std::int64_t at = lanes.position(lane, k);
      total += kLog ? grad[at] : grad[at] * output[at];
    }
    for (std::int64_t k = 0; k < lanes.size; ++k) {
      const std::int64_t at = lanes.position(lane, k);
      grad[at] = kLog ? grad[at] - std::exp(output[at]) * total : output[at] * (grad[at] - total);
    }
  }
  return call.results(grad);
}

/// An optional parameter of layer norm, or what stands for it.
Array<double> parameter(const Call& call, std::size_t k, std::int64_t width, double absent) {
  return call.has(k) ? call.read<double>(k) : make_array<double>(Shape{width}, absent);
}

std::int64_t normalized_width(const Call& call) { return element_count(call.integers(0)); }

std::vector<Value> layer_norm(const Call& call) {
  auto array = call.read<double>(0);
  const std::int64_t width = normalized_width(call);
  const auto weight = parameter(call, 1, width, 1);
  const auto bias = parameter(call, 2, width, 0);
  auto means = make_array<double>(call.result_meta(1).shape);
  auto deviations = make_array<double>(call.result_meta(2).shape);
  for (std::int64_t row = 0; row < means.count(); ++row) {
    double* x = array.elements.data() + row * width;
    double mean = 0, variance = 0;
    for (std::int64_t k = 0; k < width; ++k) mean += x[k] / static_cast<double>(width);
    for (std::int64_t k = 0; k < width; ++k)
      variance += (x[k] - mean) * (x[k] - mean) / static_cast<double>(width);
    means[row] = mean;
    deviations[row] = 1 / std::sqrt(variance + call.real(1));
    for (std::int64_t k = 0; k < width; ++k)
      x[k] = (x[k] - mean) * deviations[row] * weight[k] + bias[k];
  }
  return {call.result(0, array), call.result(1, means), call.result(2, deviations)};
}

std::vector<Value> layer_norm_backward(const Call& call) {
  const auto grad = call.read<double>(0);
  const auto input = call.read<double>(1);
  const auto means = call.read<double>(2);
  const auto deviations = call.read<double>(3);
  const std::int64_t width = normalized_width(call);
  const auto weight = parameter(call, 4, width, 1);
  auto grad_input = make_array<double>(input.shape);
  auto grad_weight = make_array<double>(call.result_meta(1).shape);
  auto grad_bias = make_array<double>(call.result_meta(2).shape);
  for (std::int64_t row = 0; row < means.count(); ++row) {
    const auto normalized = [&](std::int64_t k) {
      return (input[row * width + k] - means[row]) * deviations[row];
    };
    double mean_grad = 0, mean_product = 0;
    for (std::int64_t k = 0; k < width; ++k) {
      const double g = grad[row * width + k];
      grad_weight[k] += g * normalized(k);
      grad_bias[k] += g;
      mean_grad += g * weight[k] / static_cast<double>(width);
      mean_product += g * weight[k] * normalized(k) / static_cast<double>(width);
    }
    for (std::int64_t k = 0; k < width; ++k)
      grad_input[row * width + k] = deviations[row] * (grad[row * width + k] * weight[k] -
                                                       mean_grad - normalized(k) * mean_product);
  }
  return {call.result(0, grad_input), call.result(1, grad_weight), call.result(2, grad_bias)};
}

constexpr KernelEntry kKernels[] = {
    {Op::softmax, softmax<false>},
    {Op::log_softmax, softmax<true>},
    {Op::softmax_backward, softmax_backward<false>},
    {Op::log_softmax_backward, softmax_backward<true>},
    {Op::native_layer_norm, layer_norm},
    {Op::native_layer_norm_backward, layer_norm_backward},
};

}  // namespace

std::span<const KernelEntry> normalization_kernels() { return kKernels; }

}  // namespace gt::worker::reference

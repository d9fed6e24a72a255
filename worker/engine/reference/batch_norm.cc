#include <algorithm>
#include <cmath>

#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// Calls `visit(channel, position)` for every element of (N, C, ...).
template <class Visit>
void for_each_element(const Shape& shape, Visit&& visit) {
  const Lanes channels(shape, 1);
  for (std::int64_t k = 0; k < channels.size; ++k)
    for (std::int64_t lane = 0; lane < channels.count; ++lane) visit(k, channels.position(lane, k));
}

/// An optional parameter, or what stands for it.
Array<double> parameter(const Call& call, std::size_t k, std::int64_t channels, double absent) {
  return call.has(k) ? call.read<double>(k) : make_array<double>(Shape{channels}, absent);
}

/// Mean and sum of squared deviations of every channel.
struct Moments {
  Array<double> mean;
  Array<double> deviations;
};
Moments moments_of(const Array<double>& input, double count) {
  const Shape channels{input.shape[1]};
  Moments moments{make_array<double>(channels), make_array<double>(channels)};
  for_each_element(input.shape,
                   [&](std::int64_t c, std::int64_t at) { moments.mean[c] += input[at]; });
  for (double& sum : moments.mean.elements) sum /= count;
  for_each_element(input.shape, [&](std::int64_t c, std::int64_t at) {
    const double deviation = input[at] - moments.mean[c];
    moments.deviations[c] += deviation * deviation;
  });
  return moments;
}

double count_of_channel(const Shape& shape) { return static_cast<double>(Lanes(shape, 1).count); }

std::vector<Value> batch_norm(const Call& call) {
  auto array = call.read<double>(0);
  const std::int64_t channels = array.shape[1];
  const auto weight = parameter(call, 1, channels, 1), bias = parameter(call, 2, channels, 0);
  const double count = count_of_channel(array.shape);
  auto mean = make_array<double>(Shape{channels}), rstd = mean, variance = mean;
  if (call.boolean(0)) {
    Moments moments = moments_of(array, count);
    mean = moments.mean;
    for (std::int64_t c = 0; c < channels; ++c) {
      rstd[c] = 1 / std::sqrt(moments.deviations[c] / count + call.real(1));
      variance[c] = moments.deviations[c] / std::max(count - 1, 0.0);
    }
  } else {
    mean = call.read<double>(3);
    variance = call.read<double>(4);
    for (std::int64_t c = 0; c < channels; ++c) rstd[c] = 1 / std::sqrt(variance[c] + call.real(1));
  }
  for_each_element(array.shape, [&](std::int64_t c, std::int64_t at) {
    array[at] = (array[at] - mean[c]) * rstd[c] * weight[c] + bias[c];
  });
  return {call.result(0, array), call.result(1, mean), call.result(2, rstd),
          call.result(3, variance)};
}

/// Ioffe and Szegedy 2015, section 3.
std::vector<Value> batch_norm_backward(const Call& call) {
  auto grad = call.read<double>(0);
  const auto input = call.read<double>(1), mean = call.read<double>(2), rstd = call.read<double>(3);
  const std::int64_t channels = input.shape[1];
  const auto weight = parameter(call, 4, channels, 1);
  const double count = count_of_channel(input.shape);
  auto grad_weight = make_array<double>(Shape{channels}), grad_bias = grad_weight;
  const auto normalised = [&](std::int64_t c, std::int64_t at) {
    return (input[at] - mean[c]) * rstd[c];
  };
  for_each_element(input.shape, [&](std::int64_t c, std::int64_t at) {
    grad_weight[c] += grad[at] * normalised(c, at);
    grad_bias[c] += grad[at];
  });
  for_each_element(input.shape, [&](std::int64_t c, std::int64_t at) {
    if (call.boolean(0)) grad[at] -= (grad_bias[c] + normalised(c, at) * grad_weight[c]) / count;
    grad[at] *= rstd[c] * weight[c];
  });
  return {call.result(0, grad), call.result(1, grad_weight), call.result(2, grad_bias)};
}

constexpr KernelEntry kKernels[] = {
    {Op::native_batch_norm, batch_norm},
    {Op::native_batch_norm_backward, batch_norm_backward},
};

}  // namespace

std::span<const KernelEntry> batch_norm_kernels() { return kKernels; }

}  // namespace gt::worker::reference

#include <cmath>

#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// Kingma and Ba 2015, and Loshchilov and Hutter 2019 where the decay is decoupled.
std::vector<Value> adam_update(const Call& call) {
  auto parameter = call.read<double>(0);
  auto first = call.read<double>(1);
  auto second = call.read<double>(2);
  const auto grad = call.read<double>(3);
  const double lr = call.real(0), beta1 = call.real(1), beta2 = call.real(2), eps = call.real(3);
  const double weight_decay = call.real(4);
  const auto step = static_cast<double>(call.integer(5));
  const bool decoupled = call.boolean(6);
  for (std::int64_t k = 0; k < parameter.count(); ++k) {
    const double g = decoupled ? grad[k] : grad[k] + weight_decay * parameter[k];
    if (decoupled) parameter[k] *= 1 - lr * weight_decay;
    first[k] = beta1 * first[k] + (1 - beta1) * g;
    second[k] = beta2 * second[k] + (1 - beta2) * g * g;
    const double mean = first[k] / (1 - std::pow(beta1, step));
    const double variance = second[k] / (1 - std::pow(beta2, step));
    parameter[k] -= lr * mean / (std::sqrt(variance) + eps);
  }
  return {call.result(0, parameter), call.result(1, first), call.result(2, second)};
}

constexpr KernelEntry kKernels[] = {{Op::adam_update, adam_update}};

}  // namespace

std::span<const KernelEntry> optimizer_kernels() { return kKernels; }

}  // namespace gt::worker::reference

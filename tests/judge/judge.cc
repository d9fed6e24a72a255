#include "tests/judge/judge.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstring>

#include "worker/engine/torch/aten/compositions.h"

namespace gt::judge {
namespace {

at::Tensor to_aten(const HostTensor& host) {
  at::Tensor tensor = at::empty({host.shape.data(), host.shape.size()},
                                at::TensorOptions(aten::to_scalar_type(host.dtype)));
  if (!host.bytes.empty()) std::memcpy(tensor.data_ptr(), host.bytes.data(), host.bytes.size());
  return tensor;
}

HostTensor to_host(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.detach().contiguous();
  HostTensor host;
  host.dtype = static_cast<DType>(dense.scalar_type());
  host.shape = Shape(std::span(dense.sizes().data(), dense.sizes().size()));
  host.bytes.resize(dense.nbytes());
  if (!host.bytes.empty()) std::memcpy(host.bytes.data(), dense.data_ptr(), host.bytes.size());
  return host;
}

std::vector<aten::Operand> to_aten(std::span<const Operand> operands) {
  std::vector<aten::Operand> converted;
  for (const Operand& operand : operands) {
    if (const auto* host = std::get_if<HostTensor>(&operand))
      converted.emplace_back(to_aten(*host));
    else if (const auto* scalar = std::get_if<ScalarValue>(&operand))
      converted.emplace_back(aten::to_scalar(*scalar));
    else
      converted.emplace_back();
  }
  return converted;
}

std::vector<at::Tensor> compute(const OpRow& row, std::span<const aten::Operand> operands,
                                const Attributes& attributes) {
  return aten::compute({row, operands, attributes, at::Device(at::kCPU)});
}

std::vector<at::Tensor> gradients(std::span<const at::Tensor> results,
                                  std::span<const HostTensor> result_grads,
                                  const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> outputs;
  std::vector<at::Tensor> output_grads;
  for (std::size_t k = 0; k < results.size(); ++k) {
    if (!results[k].requires_grad() || result_grads[k].bytes.empty()) continue;
    outputs.push_back(results[k]);
    output_grads.push_back(to_aten(result_grads[k]));
  }
  if (outputs.empty()) return std::vector<at::Tensor>(inputs.size());
  return torch::autograd::grad(outputs, inputs, output_grads, std::nullopt, false, true);
}

}  // namespace

std::vector<HostTensor> judge_forward(const OpRow& row, std::span<const Operand> operands,
                                      const Attributes& attributes) {
  return aten::translate_errors([&] {
    const at::NoGradGuard no_grad;
    const std::vector<aten::Operand> converted = to_aten(operands);
    std::vector<HostTensor> results;
    for (const at::Tensor& tensor : compute(row, converted, attributes))
      results.push_back(to_host(tensor));
    return results;
  });
}

std::vector<HostTensor> judge_gradients(const OpRow& row, std::span<const Operand> operands,
                                        const Attributes& attributes,
                                        std::span<const HostTensor> result_grads,
                                        std::span<const std::size_t> wanted) {
  return aten::translate_errors([&] {
    const std::vector<aten::Operand> converted = to_aten(operands);
    std::vector<at::Tensor> inputs;
    for (const std::size_t k : wanted)
      inputs.push_back(std::get<at::Tensor>(converted[k]).requires_grad_(true));
    const std::vector<at::Tensor> grads =
        gradients(compute(row, converted, attributes), result_grads, inputs);
    std::vector<HostTensor> results;
    for (std::size_t k = 0; k < inputs.size(); ++k)
      results.push_back(to_host(grads[k].defined() ? grads[k] : at::zeros_like(inputs[k])));
    return results;
  });
}

}  // namespace gt::judge

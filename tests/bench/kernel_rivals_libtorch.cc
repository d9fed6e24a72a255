#include "tests/bench/kernel_rivals_libtorch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "tests/bench/operations_libtorch.h"

namespace gt::bench {
namespace {

using Tensors = std::vector<at::Tensor>;

constexpr double kEpsilon = 1e-5;
constexpr double kMomentum = 0.9, kLearningRate = 0.01;

at::Tensor view_of(const FloatTensor& tensor) {
  return at::from_blob(tensor.elements, at::IntArrayRef(tensor.shape.begin(), tensor.shape.size()),
                       at::kFloat);
}

void pointwise(const Tensors& x, Tensors& out) {
  at::addcmul_out(out[0], x[2], x[0], x[1]);
  out[0].relu_();
  out[0].mul_(x[3]);
  at::tanh_out(out[1], x[4]);
  out[0].sub_(out[1]);
}

void sgd(const Tensors& x, Tensors&) {
  const Tensors parameters = {x[0]}, gradients = {x[1]}, momenta = {x[2]};
  at::_fused_sgd_(parameters, gradients, momenta, 0, kMomentum, kLearningRate, 0, false, false,
                  false);
}

void gelu(const Tensors& x, Tensors& out) {
  at::add_out(out[0], x[0], x[1]);
  at::gelu_(out[0]);
}

void gelu_gradient(const Tensors& x, Tensors& out) {
  at::add_out(out[2], x[0], x[1]);
  at::gelu_backward_out(out[0], x[2], out[2]);
  const std::int64_t rows[] = {0};
  at::sum_out(out[1], out[0], rows);
}

void softmax(const Tensors& x, Tensors& out) { at::_softmax_out(out[0], x[0], 1, false); }

void layer_norm(const Tensors& x, Tensors& out) {
  at::native_layer_norm_out(out[0], out[1], out[2], x[0], x[1].sizes(), x[1], x[2], kEpsilon);
}

void cross_entropy(const Tensors& x, Tensors& out) {
  at::_log_softmax_out(out[1], x[0], 1, false);
  out[1].mul_(x[1]);
  const std::int64_t columns[] = {1};
  at::sum_out(out[0], out[1], columns);
  out[0].neg_();
}

/// What a rival calls, and the shapes of what it writes: results, and then what lies between.
struct Calls {
  void (*run)(const Tensors& inputs, Tensors& out);
  Tensors out;
};

Calls calls_of(Rival rival, const Tensors& inputs) {
  const at::Tensor& first = inputs[0];
  const auto like = [&] { return at::zeros_like(first); };
  const auto rows = [&](std::vector<std::int64_t> sizes) {
    return at::zeros(sizes, first.options());
  };
  switch (rival) {
    case Rival::pointwise:
      return {pointwise, {like(), like()}};
    case Rival::sgd:
      return {sgd, {inputs[2], inputs[0]}};
    case Rival::gelu:
      return {gelu, {like()}};
    case Rival::gelu_gradient:
      return {gelu_gradient, {like(), rows({first.size(1)}), like()}};
    case Rival::softmax:
      return {softmax, {like()}};
    case Rival::layer_norm:
      return {layer_norm, {like(), rows({first.size(0), 1}), rows({first.size(0), 1})}};
    case Rival::cross_entropy:
      return {cross_entropy, {rows({first.size(0)}), like()}};
  }
  return {};
}

double distance_of(const at::Tensor& actual, const at::Tensor& expected) {
  if (actual.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor a = actual.to(at::kDouble), b = expected.cpu().to(at::kDouble);
  return ((a - b).abs() / (1 + b.abs())).max().item<double>();
}

}  // namespace

struct LibtorchKernel::State {
  Tensors inputs;
  Calls calls;
};

LibtorchKernel::LibtorchKernel(Rival rival, std::span<const FloatTensor> inputs, const char* device)
    : state_(std::make_unique<State>()) {
  prepare_libtorch();
  const c10::InferenceMode inference;
  for (const FloatTensor& input : inputs)
    state_->inputs.push_back(view_of(input).clone().to(at::Device(device)));
  state_->calls = calls_of(rival, state_->inputs);
}
LibtorchKernel::~LibtorchKernel() = default;

void LibtorchKernel::run() {
  const c10::InferenceMode inference;
  state_->calls.run(state_->inputs, state_->calls.out);
}

struct LibtorchTriad::State {
  at::Tensor a, b, c;
};

LibtorchTriad::LibtorchTriad(std::int64_t elements, const char* device)
    : state_(std::make_unique<State>()) {
  const c10::InferenceMode inference;
  for (at::Tensor* tensor : {&state_->a, &state_->b, &state_->c})
    *tensor = at::ones({elements}, at::TensorOptions(at::Device(device)));
}
LibtorchTriad::~LibtorchTriad() = default;

void LibtorchTriad::run() {
  const c10::InferenceMode inference;
  at::add_out(state_->a, state_->b, state_->c, 1.5);
}

double LibtorchKernel::distance(std::span<const FloatTensor> ours) const {
  const c10::InferenceMode inference;
  double distance = 0;
  for (std::size_t k = 0; k < ours.size(); ++k)
    distance = std::max(distance, distance_of(view_of(ours[k]), state_->calls.out[k]));
  return distance;
}

}  // namespace gt::bench

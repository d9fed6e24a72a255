#include "tests/bench/convolutional_libtorch.h"

#include <torch/torch.h>

#include "tests/bench/convolutional_problem.h"
#include "tests/bench/operations_libtorch.h"
#include "tests/bench/tensor_file_libtorch.h"
#include "worker/engine/torch/aten/products.h"

namespace gt::bench {
namespace {

using Problem = ConvolutionalProblem;
namespace nn = torch::nn;

struct Network : nn::Module {
  explicit Network(Problem& problem)
      : layers(register_module(
            "layers",
            nn::Sequential(
                nn::Conv2d(nn::Conv2dOptions(1, Problem::kPlanes1, 3).padding(1).bias(false)),
                nn::BatchNorm2d(Problem::kPlanes1), nn::ReLU(), nn::MaxPool2d(2),
                nn::Conv2d(nn::Conv2dOptions(Problem::kPlanes1, Problem::kPlanes2, 3)
                               .padding(1)
                               .bias(false)),
                nn::BatchNorm2d(Problem::kPlanes2), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                nn::Linear(Problem::kFeatures, Problem::kClasses)))) {
    const torch::NoGradGuard no_grad;
    for (auto& item : named_parameters()) {
      torch::Tensor parameter = item.value();
      const std::int64_t fan_in = parameter.dim() < 2 ? 0 : parameter.numel() / parameter.size(0);
      const std::vector<float> values = problem.first_values(item.key(), parameter.numel(), fan_in);
      parameter.copy_(torch::from_blob(const_cast<float*>(values.data()), parameter.sizes()));
    }
  }

  nn::Sequential layers;
};

}  // namespace

struct LibtorchConvolutional::State {
  explicit State(Problem problem)
      : network(problem),
        optimizer(network.parameters(), Problem::kLearningRate),
        images(torch::from_blob(problem.images.data(),
                                {Problem::kBatch, 1, Problem::kSide, Problem::kSide})
                   .clone()),
        targets(torch::from_blob(problem.targets.data(), {Problem::kBatch}, torch::kLong).clone()) {
  }

  Network network;
  torch::optim::SGD optimizer;
  torch::Tensor images, targets, loss;
};

LibtorchConvolutional::LibtorchConvolutional() {
  use_one_libtorch_thread();
  state_ = std::make_unique<State>(Problem());
}

LibtorchConvolutional::~LibtorchConvolutional() = default;

void LibtorchConvolutional::step() {
  State& s = *state_;
  s.loss = nn::functional::cross_entropy(s.network.layers->forward(s.images), s.targets);
  s.loss.backward();
  s.optimizer.step();
  s.optimizer.zero_grad();
}

double LibtorchConvolutional::loss() const { return state_->loss.item<double>(); }

void LibtorchConvolutional::write(const std::string& path) const {
  std::vector<torch::Tensor> tensors = state_->network.parameters();
  tensors.insert(tensors.end(), {state_->images, state_->targets});
  write_tensors(path, tensors);
}

struct LibtorchConvolutionalProducts::State {
  torch::Tensor images = torch::randn({Problem::kBatch, 1, Problem::kSide, Problem::kSide});
  torch::Tensor weight1 = torch::randn({Problem::kPlanes1, 1, 3, 3});
  torch::Tensor planes1 =
      torch::randn({Problem::kBatch, Problem::kPlanes1, Problem::kSide, Problem::kSide});
  torch::Tensor pooled1 =
      torch::randn({Problem::kBatch, Problem::kPlanes1, Problem::kSide / 2, Problem::kSide / 2});
  torch::Tensor weight2 = torch::randn({Problem::kPlanes2, Problem::kPlanes1, 3, 3});
  torch::Tensor planes2 =
      torch::randn({Problem::kBatch, Problem::kPlanes2, Problem::kSide / 2, Problem::kSide / 2});
  torch::Tensor features = torch::randn({Problem::kBatch, Problem::kFeatures});
  torch::Tensor weight3 = torch::randn({Problem::kClasses, Problem::kFeatures});
  torch::Tensor logits = torch::randn({Problem::kBatch, Problem::kClasses});
  torch::Tensor features_gradient = torch::zeros_like(features);
  torch::Tensor weight3_gradient = torch::zeros_like(weight3);
};

LibtorchConvolutionalProducts::LibtorchConvolutionalProducts() {
  use_one_libtorch_thread();
  state_ = std::make_unique<State>();
}

LibtorchConvolutionalProducts::~LibtorchConvolutionalProducts() = default;

void LibtorchConvolutionalProducts::step() {
  const torch::InferenceMode no_autograd;
  State& s = *state_;
  const std::vector<std::int64_t> ones = {1, 1};
  const std::vector<std::int64_t> zeros = {0, 0};
  const auto forward = [&](const torch::Tensor& x, const torch::Tensor& weight) {
    return at::convolution(x, weight, {}, ones, ones, ones, false, zeros, 1);
  };
  const auto backward = [&](const torch::Tensor& gradient, const torch::Tensor& x,
                            const torch::Tensor& weight, bool needs_input) {
    return at::convolution_backward(gradient, x, weight, c10::nullopt, ones, ones, ones, false,
                                    zeros, 1, {needs_input, true, false});
  };
  static_cast<void>(forward(s.images, s.weight1));
  static_cast<void>(forward(s.pooled1, s.weight2));
  aten::multiply(s.logits, s.features, s.weight3.t());
  aten::multiply(s.weight3_gradient, s.logits.t(), s.features);
  aten::multiply(s.features_gradient, s.logits, s.weight3);
  static_cast<void>(backward(s.planes2, s.pooled1, s.weight2, true));
  static_cast<void>(backward(s.planes1, s.images, s.weight1, false));
}

}  // namespace gt::bench

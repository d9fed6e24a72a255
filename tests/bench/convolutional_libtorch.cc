#include "tests/bench/network_training_libtorch.h"
#include "tests/bench/operations_libtorch.h"
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
                nn::Conv2d(nn::Conv2dOptions(1, problem.widths.first, 3).padding(1).bias(false)),
                nn::BatchNorm2d(problem.widths.first), nn::ReLU(), nn::MaxPool2d(2),
                nn::Conv2d(nn::Conv2dOptions(problem.widths.first, problem.widths.second, 3)
                               .padding(1)
                               .bias(false)),
                nn::BatchNorm2d(problem.widths.second), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                nn::Linear(problem.widths.features(), Problem::kClasses)))) {
    const torch::NoGradGuard no_grad;
    for (auto& item : named_parameters()) {
      torch::Tensor parameter = item.value();
      const std::int64_t fan_in = parameter.dim() < 2 ? 0 : parameter.numel() / parameter.size(0);
      const std::vector<float> values = problem.first_values(item.key(), parameter.numel(), fan_in);
      parameter.copy_(torch::from_blob(const_cast<float*>(values.data()), parameter.sizes()));
    }
  }

  torch::Tensor loss(const torch::Tensor& images, const torch::Tensor& targets) {
    return nn::functional::cross_entropy(layers->forward(images), targets);
  }

  nn::Sequential layers;
};

class Floor : public LibtorchFloor {
 public:
  explicit Floor(const ConvolutionalWidths& widths)
      : images_(planes(1, Problem::kSide)),
        weight1_(torch::randn({widths.first, 1, 3, 3})),
        planes1_(planes(widths.first, Problem::kSide)),
        pooled1_(planes(widths.first, Problem::kSide / 2)),
        weight2_(torch::randn({widths.second, widths.first, 3, 3})),
        planes2_(planes(widths.second, Problem::kSide / 2)),
        features_(torch::randn({Problem::kBatch, widths.features()})),
        weight3_(torch::randn({Problem::kClasses, widths.features()})) {}

  void step() override {
    const torch::InferenceMode no_autograd;
    forward(images_, weight1_);
    forward(pooled1_, weight2_);
    aten::multiply(logits_, features_, weight3_.t());
    aten::multiply(weight3_gradient_, logits_.t(), features_);
    aten::multiply(features_gradient_, logits_, weight3_);
    backward(planes2_, pooled1_, weight2_, true);
    backward(planes1_, images_, weight1_, false);
  }

 private:
  static torch::Tensor planes(std::int64_t count, std::int64_t side) {
    return torch::randn({Problem::kBatch, count, side, side});
  }
  void forward(const torch::Tensor& x, const torch::Tensor& weight) const {
    static_cast<void>(at::convolution(x, weight, {}, ones_, ones_, ones_, false, zeros_, 1));
  }
  void backward(const torch::Tensor& gradient, const torch::Tensor& x, const torch::Tensor& weight,
                bool needs_input) const {
    static_cast<void>(at::convolution_backward(gradient, x, weight, c10::nullopt, ones_, ones_,
                                               ones_, false, zeros_, 1,
                                               {needs_input, true, false}));
  }

  const std::vector<std::int64_t> ones_ = {1, 1}, zeros_ = {0, 0};
  torch::Tensor images_, weight1_, planes1_, pooled1_, weight2_, planes2_, features_, weight3_;
  torch::Tensor logits_ = torch::randn({Problem::kBatch, Problem::kClasses});
  torch::Tensor features_gradient_ = torch::zeros_like(features_);
  torch::Tensor weight3_gradient_ = torch::zeros_like(weight3_);
};

}  // namespace

std::unique_ptr<LibtorchTraining> libtorch_convolutional(const ConvolutionalWidths& widths) {
  prepare_libtorch();
  Problem problem(widths);
  auto network = std::make_unique<Network>(problem);
  return train_by_sgd(
      std::move(network), Problem::kLearningRate,
      torch::from_blob(problem.images.data(), {Problem::kBatch, 1, Problem::kSide, Problem::kSide})
          .clone(),
      torch::from_blob(problem.targets.data(), {Problem::kBatch}, torch::kLong).clone());
}

std::unique_ptr<LibtorchFloor> libtorch_convolutional_floor(const ConvolutionalWidths& widths) {
  prepare_libtorch();
  return std::make_unique<Floor>(widths);
}

}  // namespace gt::bench

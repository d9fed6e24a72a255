#include "tests/bench/convolutional_training.h"

#include <gt/gt.h>

namespace gt::bench {
namespace {

using Problem = ConvolutionalProblem;

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
    const NoGradGuard no_grad;
    for (auto& item : named_parameters()) {
      const Tensor& parameter = item.value();
      const std::int64_t fan_in = parameter.dim() < 2 ? 0 : parameter.numel() / parameter.size(0);
      const std::vector<float> values = problem.first_values(item.key(), parameter.numel(), fan_in);
      parameter.copy_(from_blob(values.data(), parameter.sizes(), kFloat));
    }
  }

  nn::Sequential layers;
};

}  // namespace

struct ConvolutionalTraining::State {
  explicit State(Problem problem)
      : network(problem),
        optimizer(network.parameters(), Problem::kLearningRate),
        images(from_blob(problem.images.data(),
                         {Problem::kBatch, 1, Problem::kSide, Problem::kSide}, kFloat)),
        targets(from_blob(problem.targets.data(), {Problem::kBatch}, kLong)) {}

  Network network;
  optim::SGD optimizer;
  Tensor images, targets, loss;
};

ConvolutionalTraining::ConvolutionalTraining(const ConvolutionalWidths& widths)
    : state_(std::make_unique<State>(Problem(widths))) {}
ConvolutionalTraining::~ConvolutionalTraining() = default;

void ConvolutionalTraining::step() {
  State& s = *state_;
  s.loss = nn::functional::cross_entropy(s.network.layers->forward(s.images), s.targets);
  s.loss.backward();
  s.optimizer.step();
  s.optimizer.zero_grad();
}

double ConvolutionalTraining::loss() const { return state_->loss.item<double>(); }

}  // namespace gt::bench

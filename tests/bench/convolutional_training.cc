#include "tests/bench/convolutional_training.h"

#include <gt/gt.h>

#include "tests/bench/convolutional_problem.h"

namespace gt::bench {
namespace {

using Problem = ConvolutionalProblem;

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

ConvolutionalTraining::ConvolutionalTraining() : state_(std::make_unique<State>(Problem())) {}
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

#include "tests/bench/mlp_training.h"

namespace gt::bench {
namespace {

Tensor upload(const std::vector<float>& values, IntArrayRef sizes) {
  return from_blob(values.data(), sizes, kFloat);
}

}  // namespace

MlpTraining::Network::Network(const TrainingProblem& problem)
    : fc1(register_module("fc1", nn::Linear(problem.kInputs, problem.kHidden))),
      fc2(register_module("fc2", nn::Linear(problem.kHidden, problem.kOutputs))) {
  const NoGradGuard no_grad;
  fc1->weight.copy_(upload(problem.weight1, fc1->weight.sizes()));
  fc1->bias.copy_(upload(problem.bias1, fc1->bias.sizes()));
  fc2->weight.copy_(upload(problem.weight2, fc2->weight.sizes()));
  fc2->bias.copy_(upload(problem.bias2, fc2->bias.sizes()));
}

MlpTraining::MlpTraining(const TrainingProblem& problem)
    : network_(problem),
      optimizer_(network_.parameters(), problem.kLearningRate),
      inputs_(upload(problem.inputs, {problem.batch, problem.kInputs})),
      targets_(upload(problem.targets, {problem.batch, problem.kOutputs})) {}

void MlpTraining::step() {
  const Tensor prediction = network_.forward(inputs_);
  loss_ = (prediction - targets_).pow(2).mean();
  loss_.backward();
  optimizer_.step();
  optimizer_.zero_grad();
}

}  // namespace gt::bench

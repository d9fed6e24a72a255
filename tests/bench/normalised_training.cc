#include "tests/bench/normalised_training.h"

#include <string>

namespace gt::bench {

using Problem = NormalisedProblem;

NormalisedTraining::Network::Network() {
  for (int k = 0; k < Problem::kLayers; ++k)
    norms.push_back(register_module("norm" + std::to_string(k),
                                    nn::LayerNorm(nn::LayerNormOptions({Problem::kColumns}))));
}

Tensor NormalisedTraining::Network::forward(Tensor x) {
  for (nn::LayerNorm& norm : norms) x = norm(sigmoid(tanh(x)));
  return x;
}

NormalisedTraining::NormalisedTraining(const NormalisedProblem& problem)
    : optimizer_(network_.parameters(), Problem::kLearningRate),
      inputs_(from_blob(problem.inputs.data(), {Problem::kRows, Problem::kColumns}, kFloat)),
      targets_(from_blob(problem.targets.data(), {Problem::kRows, Problem::kColumns}, kFloat)) {}

void NormalisedTraining::step() {
  loss_ = (network_.forward(inputs_) - targets_).pow(2).mean();
  loss_.backward();
  optimizer_.step();
  optimizer_.zero_grad();
}

}  // namespace gt::bench

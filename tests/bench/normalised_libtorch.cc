#include "tests/bench/network_training_libtorch.h"
#include "tests/bench/normalised_problem.h"
#include "tests/bench/operations_libtorch.h"

namespace gt::bench {
namespace {

using Problem = NormalisedProblem;
namespace nn = torch::nn;

struct Network : nn::Module {
  Network() {
    for (int k = 0; k < Problem::kLayers; ++k)
      norms.push_back(register_module("norm" + std::to_string(k),
                                      nn::LayerNorm(nn::LayerNormOptions({Problem::kColumns}))));
  }
  torch::Tensor loss(torch::Tensor x, const torch::Tensor& targets) {
    for (nn::LayerNorm& norm : norms) x = norm(torch::sigmoid(torch::tanh(x)));
    return (x - targets).pow(2).mean();
  }
  std::vector<nn::LayerNorm> norms;
};

torch::Tensor copy_of(const std::vector<float>& values) {
  return torch::from_blob(const_cast<float*>(values.data()), {Problem::kRows, Problem::kColumns})
      .clone();
}

}  // namespace

std::unique_ptr<LibtorchTraining> libtorch_normalised() {
  prepare_libtorch();
  const Problem problem;
  return train_by_sgd(std::make_unique<Network>(), Problem::kLearningRate, copy_of(problem.inputs),
                      copy_of(problem.targets));
}

}  // namespace gt::bench

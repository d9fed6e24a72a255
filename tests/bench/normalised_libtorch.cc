#include "tests/bench/normalised_libtorch.h"

#include <torch/torch.h>

#include "tests/bench/normalised_problem.h"
#include "tests/bench/operations_libtorch.h"
#include "tests/bench/tensor_file_libtorch.h"

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
  torch::Tensor forward(torch::Tensor x) {
    for (nn::LayerNorm& norm : norms) x = norm(torch::sigmoid(torch::tanh(x)));
    return x;
  }
  std::vector<nn::LayerNorm> norms;
};

torch::Tensor copy_of(const std::vector<float>& values) {
  return torch::from_blob(const_cast<float*>(values.data()), {Problem::kRows, Problem::kColumns})
      .clone();
}

}  // namespace

struct LibtorchNormalised::State {
  explicit State(const Problem& problem)
      : optimizer(network.parameters(), Problem::kLearningRate),
        inputs(copy_of(problem.inputs)),
        targets(copy_of(problem.targets)) {}

  Network network;
  torch::optim::SGD optimizer;
  torch::Tensor inputs, targets, loss;
};

LibtorchNormalised::LibtorchNormalised() {
  use_one_libtorch_thread();
  state_ = std::make_unique<State>(Problem());
}

LibtorchNormalised::~LibtorchNormalised() = default;

void LibtorchNormalised::step() {
  State& s = *state_;
  s.loss = (s.network.forward(s.inputs) - s.targets).pow(2).mean();
  s.loss.backward();
  s.optimizer.step();
  s.optimizer.zero_grad();
}

double LibtorchNormalised::loss() const { return state_->loss.item<double>(); }

void LibtorchNormalised::write(const std::string& path) const {
  std::vector<torch::Tensor> tensors = state_->network.parameters();
  tensors.insert(tensors.end(), {state_->inputs, state_->targets});
  write_tensors(path, tensors);
}

}  // namespace gt::bench

#include "tests/bench/adam_libtorch.h"

#include <ATen/ATen.h>

#include <vector>

#include "tests/bench/operations_libtorch.h"

namespace gt::bench {

using Problem = AdamProblem;

struct LibtorchAdam::State {
  State() {
    for (int k = 0; k < Problem::kTensors; ++k) {
      parameters.push_back(at::full({Problem::kElements}, Problem::kFirstValue));
      gradients.push_back(at::full({Problem::kElements}, Problem::kGradient));
      averages.push_back(at::zeros({Problem::kElements}));
      squares.push_back(at::zeros({Problem::kElements}));
      steps.push_back(at::zeros({}));
    }
  }

  std::vector<at::Tensor> parameters, gradients, averages, squares, steps;
};

LibtorchAdam::LibtorchAdam() {
  prepare_libtorch();
  state_ = std::make_unique<State>();
}

LibtorchAdam::~LibtorchAdam() = default;

void LibtorchAdam::step() {
  State& s = *state_;
  at::_foreach_add_(s.steps, 1);
  at::_fused_adam_(s.parameters, s.gradients, s.averages, s.squares, {}, s.steps,
                   Problem::kLearningRate, 0.9, 0.999, 0, 1e-8, false, false);
}

double LibtorchAdam::loss() const { return state_->parameters[0].mean().item<double>(); }

}  // namespace gt::bench

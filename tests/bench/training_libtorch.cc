#include "tests/bench/training_libtorch.h"

#include <torch/torch.h>

#include <optional>

#include "tests/bench/operations_libtorch.h"
#include "tests/bench/tensor_file_libtorch.h"
#include "worker/engine/torch/aten/products.h"

namespace gt::bench {
namespace {

torch::Tensor copy_of(const std::vector<float>& values, torch::IntArrayRef sizes) {
  return torch::from_blob(const_cast<float*>(values.data()), sizes).clone();
}

struct Network : torch::nn::Module {
  explicit Network(const TrainingProblem& problem)
      : fc1(register_module("fc1", torch::nn::Linear(problem.kInputs, problem.kHidden))),
        fc2(register_module("fc2", torch::nn::Linear(problem.kHidden, problem.kOutputs))) {
    const torch::NoGradGuard no_grad;
    fc1->weight.copy_(copy_of(problem.weight1, fc1->weight.sizes()));
    fc1->bias.copy_(copy_of(problem.bias1, fc1->bias.sizes()));
    fc2->weight.copy_(copy_of(problem.weight2, fc2->weight.sizes()));
    fc2->bias.copy_(copy_of(problem.bias2, fc2->bias.sizes()));
  }

  torch::Tensor forward(const torch::Tensor& x) { return fc2(torch::relu(fc1(x))); }

  torch::nn::Linear fc1;
  torch::nn::Linear fc2;
};

}  // namespace

struct LibtorchTraining::State {
  State(const TrainingProblem& problem, const torch::Device& device)
      : network(problem),
        inputs(copy_of(problem.inputs, {problem.batch, problem.kInputs}).to(device)),
        targets(copy_of(problem.targets, {problem.batch, problem.kOutputs}).to(device)) {
    network.to(device);
    optimizer.emplace(network.parameters(), problem.kLearningRate);
  }

  Network network;
  std::optional<torch::optim::SGD> optimizer;
  torch::Tensor inputs, targets, loss;
};

LibtorchTraining::LibtorchTraining(const TrainingProblem& problem, const char* device) {
  use_one_libtorch_thread();
  state_ = std::make_unique<State>(problem, torch::Device(device));
}

LibtorchTraining::~LibtorchTraining() = default;

void LibtorchTraining::step() {
  const torch::Tensor prediction = state_->network.forward(state_->inputs);
  state_->loss = (prediction - state_->targets).pow(2).mean();
  state_->loss.backward();
  state_->optimizer->step();
  state_->optimizer->zero_grad();
}

void LibtorchTraining::write(const std::string& path) const {
  std::vector<torch::Tensor> tensors = state_->network.parameters();
  tensors.insert(tensors.end(), {state_->inputs, state_->targets});
  write_tensors(path, tensors);
}

double LibtorchTraining::loss() const { return state_->loss.item<double>(); }

struct LibtorchProducts::State {
  explicit State(const TrainingProblem& problem)
      : inputs(copy_of(problem.inputs, {problem.batch, problem.kInputs})),
        weight1(copy_of(problem.weight1, {problem.kHidden, problem.kInputs})),
        weight2(copy_of(problem.weight2, {problem.kOutputs, problem.kHidden})),
        hidden(torch::randn({problem.batch, problem.kHidden})),
        output(torch::randn({problem.batch, problem.kOutputs})),
        hidden_gradient(torch::randn({problem.batch, problem.kHidden})),
        output_gradient(torch::randn({problem.batch, problem.kOutputs})),
        weight1_gradient(torch::zeros_like(weight1)),
        weight2_gradient(torch::zeros_like(weight2)) {}

  torch::Tensor inputs, weight1, weight2, hidden, output;
  torch::Tensor hidden_gradient, output_gradient, weight1_gradient, weight2_gradient;
};

LibtorchProducts::LibtorchProducts(const TrainingProblem& problem) {
  use_one_libtorch_thread();
  state_ = std::make_unique<State>(problem);
}

LibtorchProducts::~LibtorchProducts() = default;

void LibtorchProducts::step() {
  const torch::InferenceMode no_autograd;
  State& s = *state_;
  aten::multiply(s.hidden, s.inputs, s.weight1.t());
  aten::multiply(s.output, s.hidden, s.weight2.t());
  aten::multiply(s.weight2_gradient, s.output_gradient.t(), s.hidden);
  aten::multiply(s.hidden_gradient, s.output_gradient, s.weight2);
  aten::multiply(s.weight1_gradient, s.hidden_gradient.t(), s.inputs);
}

}  // namespace gt::bench

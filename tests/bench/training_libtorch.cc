#include "tests/bench/network_training_libtorch.h"
#include "tests/bench/operations_libtorch.h"
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

  torch::Tensor loss(const torch::Tensor& inputs, const torch::Tensor& targets) {
    return (fc2(torch::relu(fc1(inputs))) - targets).pow(2).mean();
  }

  torch::nn::Linear fc1;
  torch::nn::Linear fc2;
};

class Floor : public LibtorchFloor {
 public:
  explicit Floor(const TrainingProblem& problem)
      : inputs_(copy_of(problem.inputs, {problem.batch, problem.kInputs})),
        weight1_(copy_of(problem.weight1, {problem.kHidden, problem.kInputs})),
        weight2_(copy_of(problem.weight2, {problem.kOutputs, problem.kHidden})),
        hidden_(torch::randn({problem.batch, problem.kHidden})),
        output_(torch::randn({problem.batch, problem.kOutputs})),
        hidden_gradient_(torch::randn({problem.batch, problem.kHidden})),
        output_gradient_(torch::randn({problem.batch, problem.kOutputs})),
        weight1_gradient_(torch::zeros_like(weight1_)),
        weight2_gradient_(torch::zeros_like(weight2_)) {}

  void step() override {
    const torch::InferenceMode no_autograd;
    aten::multiply(hidden_, inputs_, weight1_.t());
    aten::multiply(output_, hidden_, weight2_.t());
    aten::multiply(weight2_gradient_, output_gradient_.t(), hidden_);
    aten::multiply(hidden_gradient_, output_gradient_, weight2_);
    aten::multiply(weight1_gradient_, hidden_gradient_.t(), inputs_);
  }

 private:
  torch::Tensor inputs_, weight1_, weight2_, hidden_, output_;
  torch::Tensor hidden_gradient_, output_gradient_, weight1_gradient_, weight2_gradient_;
};

}  // namespace

std::unique_ptr<LibtorchTraining> libtorch_mlp(const TrainingProblem& problem, const char* device) {
  prepare_libtorch();
  auto network = std::make_unique<Network>(problem);
  network->to(torch::Device(device));
  return train_by_sgd(std::move(network), problem.kLearningRate,
                      copy_of(problem.inputs, {problem.batch, problem.kInputs}).to(device),
                      copy_of(problem.targets, {problem.batch, problem.kOutputs}).to(device));
}

std::unique_ptr<LibtorchFloor> libtorch_mlp_floor(const TrainingProblem& problem) {
  prepare_libtorch();
  return std::make_unique<Floor>(problem);
}

}  // namespace gt::bench

#include "tests/bench/training.h"

#include <gt/gt.h>

#include "tests/bench/cluster.h"
#include "tests/bench/training_comparison.h"
#include "tests/bench/training_libtorch.h"
#include "tests/bench/training_problem.h"

namespace gt::bench {
namespace {

Tensor upload(const std::vector<float>& values, IntArrayRef sizes) {
  return from_blob(values.data(), sizes, kFloat);
}

struct Network : nn::Module {
  explicit Network(const TrainingProblem& problem)
      : fc1(register_module("fc1", nn::Linear(problem.kInputs, problem.kHidden))),
        fc2(register_module("fc2", nn::Linear(problem.kHidden, problem.kOutputs))) {
    const NoGradGuard no_grad;
    fc1->weight.copy_(upload(problem.weight1, fc1->weight.sizes()));
    fc1->bias.copy_(upload(problem.bias1, fc1->bias.sizes()));
    fc2->weight.copy_(upload(problem.weight2, fc2->weight.sizes()));
    fc2->bias.copy_(upload(problem.bias2, fc2->bias.sizes()));
  }

  Tensor forward(const Tensor& x) { return fc2(relu(fc1(x))); }

  nn::Linear fc1;
  nn::Linear fc2;
};

class Training {
 public:
  explicit Training(const TrainingProblem& problem)
      : network_(problem),
        optimizer_(network_.parameters(), problem.kLearningRate),
        inputs_(upload(problem.inputs, {problem.batch, problem.kInputs})),
        targets_(upload(problem.targets, {problem.batch, problem.kOutputs})) {}

  void step() {
    const Tensor prediction = network_.forward(inputs_);
    loss_ = (prediction - targets_).pow(2).mean();
    loss_.backward();
    optimizer_.step();
    optimizer_.zero_grad();
  }

  [[nodiscard]] double loss() const { return loss_.item<double>(); }

 private:
  Network network_;
  optim::SGD optimizer_;
  Tensor inputs_, targets_, loss_;
};

Comparison compare_training(int batch, int steps, bool reads_every_loss, int pairs) {
  const TrainingProblem problem(batch);
  const OneWorker cluster;
  Training ours(problem);
  LibtorchTraining baseline(problem);
  return compare_sides(ours, baseline, steps, reads_every_loss, pairs);
}

}  // namespace

Comparison mlp_step(int pairs) { return compare_training(128, 60, false, pairs); }
Comparison mlp_step_small(int pairs) { return compare_training(8, 300, false, pairs); }
Comparison mlp_step_read(int pairs) { return compare_training(128, 60, true, pairs); }

}  // namespace gt::bench

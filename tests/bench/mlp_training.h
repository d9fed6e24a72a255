// The network 784-256-10 trained by SGD through the public interface.
#pragma once

#include <gt/gt.h>

#include <vector>

#include "tests/bench/training_problem.h"

namespace gt::bench {

class MlpTraining {
 public:
  explicit MlpTraining(const TrainingProblem& problem);

  /// Forward, backward and update.
  void step();
  /// The loss of the last step.
  [[nodiscard]] double loss() const { return loss_.item<double>(); }

 private:
  struct Network : nn::Module {
    explicit Network(const TrainingProblem& problem);
    Tensor forward(const Tensor& x) { return fc2(relu(fc1(x))); }

    nn::Linear fc1;
    nn::Linear fc2;
  };

  Network network_;
  optim::SGD optimizer_;
  Tensor inputs_, targets_, loss_;
};

}  // namespace gt::bench

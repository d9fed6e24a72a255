// The training step in LibTorch, in this process.
#pragma once

#include <memory>
#include <string>

#include "tests/bench/training_problem.h"

namespace gt::bench {

/// torch::nn::Linear and torch::optim::SGD with one compute thread, or on a GPU.
class LibtorchTraining {
 public:
  explicit LibtorchTraining(const TrainingProblem& problem, const char* device = "cpu");
  ~LibtorchTraining();

  /// Forward, backward and update.
  void step();
  /// The loss of the last step.
  [[nodiscard]] double loss() const;
  /// Parameters, inputs and targets as they are now, by `write_tensors`.
  void write(const std::string& path) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The matrix products of the step alone, into results that are there already.
class LibtorchProducts {
 public:
  explicit LibtorchProducts(const TrainingProblem& problem);
  ~LibtorchProducts();
  void step();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

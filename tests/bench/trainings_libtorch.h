// Training steps in LibTorch, in this process: what GT's are compared with.
#pragma once

#include <memory>
#include <string>

#include "tests/bench/convolutional_problem.h"
#include "tests/bench/training_problem.h"
#include "tests/bench/transformer_problem.h"

namespace gt::bench {

class LibtorchTraining {
 public:
  virtual ~LibtorchTraining() = default;

  /// Forward, backward and update.
  virtual void step() = 0;
  /// The loss of the last step.
  [[nodiscard]] virtual double loss() const = 0;
  /// Parameters, inputs and targets as they are now, by `write_tensors`.
  virtual void write(const std::string& path) const = 0;
};

/// What no fusion can leave out of a step: its matrix products and convolutions alone.
class LibtorchFloor {
 public:
  virtual ~LibtorchFloor() = default;
  virtual void step() = 0;
};

/// Modules, functions and optimizers of torch::nn and torch::optim, fused attention among them,
/// with one compute thread, or on a GPU.
[[nodiscard]] std::unique_ptr<LibtorchTraining> libtorch_mlp(const TrainingProblem& problem,
                                                             const char* device = "cpu");
[[nodiscard]] std::unique_ptr<LibtorchTraining> libtorch_transformer(TransformerOptimizer optimizer,
                                                                     const char* device = "cpu");
[[nodiscard]] std::unique_ptr<LibtorchTraining> libtorch_convolutional(
    const ConvolutionalWidths& widths);
[[nodiscard]] std::unique_ptr<LibtorchTraining> libtorch_normalised();

/// Products go into results that are there already. Those of attention are six for each head, none
/// of which is halved for the mask.
[[nodiscard]] std::unique_ptr<LibtorchFloor> libtorch_mlp_floor(const TrainingProblem& problem);
[[nodiscard]] std::unique_ptr<LibtorchFloor> libtorch_transformer_floor();
[[nodiscard]] std::unique_ptr<LibtorchFloor> libtorch_convolutional_floor(
    const ConvolutionalWidths& widths);

}  // namespace gt::bench

// The training step of the convolutional network in LibTorch, in this process.
#pragma once

#include <memory>
#include <string>

namespace gt::bench {

/// torch::nn modules and torch::optim::SGD with one compute thread.
class LibtorchConvolutional {
 public:
  LibtorchConvolutional();
  ~LibtorchConvolutional();

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

/// The convolutions and matrix products of the step alone.
class LibtorchConvolutionalProducts {
 public:
  LibtorchConvolutionalProducts();
  ~LibtorchConvolutionalProducts();
  void step();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

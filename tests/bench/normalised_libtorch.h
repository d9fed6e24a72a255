// The training step without matrix products in LibTorch, in this process.
#pragma once

#include <memory>
#include <string>

namespace gt::bench {

/// torch::nn::LayerNorm and torch::optim::SGD with one compute thread.
class LibtorchNormalised {
 public:
  LibtorchNormalised();
  ~LibtorchNormalised();

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

}  // namespace gt::bench

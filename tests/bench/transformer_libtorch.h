// The transformer's training step in LibTorch, in this process.
#pragma once

#include <memory>

#include "tests/bench/transformer_problem.h"

namespace gt::bench {

/// torch::nn modules, LibTorch's fused attention and torch::optim::AdamW with one compute thread.
class LibtorchTransformer {
 public:
  LibtorchTransformer();
  ~LibtorchTransformer();

  /// Forward, backward and update.
  void step();
  /// The loss of the last step.
  [[nodiscard]] double loss() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

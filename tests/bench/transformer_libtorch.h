// The transformer's training step in LibTorch, in this process.
#pragma once

#include <memory>
#include <string>

#include "tests/bench/transformer_problem.h"

namespace gt::bench {

/// torch::nn modules, LibTorch's fused attention and optimizers with one compute thread, or on a
/// GPU.
class LibtorchTransformer {
 public:
  explicit LibtorchTransformer(TransformerOptimizer optimizer, const char* device = "cpu");
  ~LibtorchTransformer();

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

/// The matrix products of the step alone, into results that are there already; attention's are
/// six for each head, none of which is halved for the mask.
class LibtorchTransformerProducts {
 public:
  LibtorchTransformerProducts();
  ~LibtorchTransformerProducts();
  void step();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

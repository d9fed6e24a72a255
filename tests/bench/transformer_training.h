// The transformer's training step through the public interface.
#pragma once

#include <memory>

#include "tests/bench/transformer_problem.h"

namespace gt::bench {

class TransformerTraining {
 public:
  /// On the cluster that is connected.
  explicit TransformerTraining(TransformerOptimizer optimizer);
  ~TransformerTraining();

  /// Forward, backward and update.
  void step();
  /// The loss of the last step.
  [[nodiscard]] double loss() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

// The training step without matrix products through the public interface.
#pragma once

#include <gt/gt.h>

#include <vector>

#include "tests/bench/normalised_problem.h"

namespace gt::bench {

class NormalisedTraining {
 public:
  /// On the cluster that is connected.
  NormalisedTraining() : NormalisedTraining(NormalisedProblem()) {}

  /// Forward, backward and SGD.
  void step();
  /// The loss of the last step.
  [[nodiscard]] double loss() const { return loss_.item<double>(); }

 private:
  struct Network : nn::Module {
    Network();
    Tensor forward(Tensor x);
    std::vector<nn::LayerNorm> norms;
  };

  explicit NormalisedTraining(const NormalisedProblem& problem);

  Network network_;
  optim::SGD optimizer_;
  Tensor inputs_, targets_, loss_;
};

}  // namespace gt::bench

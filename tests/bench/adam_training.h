// Adam over many small tensors through the public interface.
#pragma once

#include <gt/gt.h>

#include <vector>

#include "tests/bench/adam_libtorch.h"

namespace gt::bench {

class AdamTraining {
 public:
  /// On the cluster that is connected.
  AdamTraining() : optimizer_(parameters(), optim::AdamOptions(AdamProblem::kLearningRate)) {}

  void step() { optimizer_.step(); }
  /// The mean of a parameter.
  [[nodiscard]] double loss() const {
    return optimizer_.param_groups()[0].params()[0].mean().item<double>();
  }

 private:
  static std::vector<Tensor> parameters() {
    std::vector<Tensor> all;
    for (int k = 0; k < AdamProblem::kTensors; ++k) {
      all.push_back(full({AdamProblem::kElements}, AdamProblem::kFirstValue, requires_grad()));
      all.back().mutable_grad() = full({AdamProblem::kElements}, AdamProblem::kGradient);
    }
    return all;
  }

  optim::Adam optimizer_;
};

}  // namespace gt::bench

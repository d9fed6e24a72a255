// The training step of the convolutional network through the public interface.
#pragma once

#include <memory>

#include "tests/bench/convolutional_problem.h"

namespace gt::bench {

class ConvolutionalTraining {
 public:
  /// On the cluster that is connected.
  explicit ConvolutionalTraining(const ConvolutionalWidths& widths);
  ~ConvolutionalTraining();

  /// Forward, backward and SGD.
  void step();
  /// The loss of the last step.
  [[nodiscard]] double loss() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

// The network 784-256-10 and its data, drawn once, so that both sides train the same.
#pragma once

#include <cstdint>
#include <vector>

namespace gt::bench {

struct TrainingProblem {
  static constexpr std::int64_t kInputs = 784;
  static constexpr std::int64_t kHidden = 256;
  static constexpr std::int64_t kOutputs = 10;
  static constexpr double kLearningRate = 0.01;

  explicit TrainingProblem(std::int64_t batch);

  std::int64_t batch;
  // Row-major: weights (out, in), inputs (batch, 784), targets (batch, 10).
  std::vector<float> weight1, bias1, weight2, bias2;
  std::vector<float> inputs, targets;
};

}  // namespace gt::bench

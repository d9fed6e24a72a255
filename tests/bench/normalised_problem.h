// Four times tanh, sigmoid and layer norm over a matrix: training without a matrix product.
#pragma once

#include <cstdint>
#include <vector>

namespace gt::bench {

struct NormalisedProblem {
  static constexpr std::int64_t kRows = 256;
  static constexpr std::int64_t kColumns = 1024;
  static constexpr int kLayers = 4;
  static constexpr double kLearningRate = 0.1;

  NormalisedProblem();

  std::vector<float> inputs, targets;  ///< (rows, columns), row-major
};

}  // namespace gt::bench

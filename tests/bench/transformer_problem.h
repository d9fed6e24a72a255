// A transformer and its data, drawn once, so that both sides train the same.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace gt::bench {

enum class TransformerOptimizer { adamw, sgd };

struct TransformerProblem {
  static constexpr std::int64_t kVocabulary = 256;
  static constexpr std::int64_t kWidth = 256;
  static constexpr std::int64_t kBlocks = 4;
  static constexpr std::int64_t kHeads = 4;
  static constexpr std::int64_t kContext = 128;
  static constexpr std::int64_t kBatch = 8;
  static constexpr double kLearningRate = 1e-3;

  TransformerProblem();

  /// First values of a parameter by `draw_parameter`; both sides ask in the order of their
  /// registration.
  [[nodiscard]] std::vector<float> first_values(std::string_view name, std::int64_t count,
                                                std::int64_t columns);

  std::vector<std::int64_t> inputs, targets;  ///< (batch, context), row-major

 private:
  std::mt19937 generator_;
};

}  // namespace gt::bench

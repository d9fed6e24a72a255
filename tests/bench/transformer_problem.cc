#include "tests/bench/transformer_problem.h"

#include <cmath>

namespace gt::bench {
namespace {

constexpr unsigned kSeed = 21;

}  // namespace

TransformerProblem::TransformerProblem() : generator_(kSeed) {
  std::uniform_int_distribution<std::int64_t> token(0, kVocabulary - 1);
  for (std::int64_t k = 0; k < kBatch * kContext; ++k) {
    inputs.push_back(token(generator_));
    targets.push_back(token(generator_));
  }
}

std::vector<float> TransformerProblem::first_values(std::string_view name, std::int64_t count,
                                                    std::int64_t columns) {
  std::vector<float> values(static_cast<std::size_t>(count));
  if (columns == 0) {
    for (float& value : values) value = name.ends_with("weight") ? 1.0f : 0.0f;
    return values;
  }
  const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(columns)));
  std::uniform_real_distribution<float> distribution(-bound, bound);
  for (float& value : values) value = distribution(generator_);
  return values;
}

}  // namespace gt::bench

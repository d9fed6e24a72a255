#include "tests/bench/transformer_problem.h"

#include "tests/bench/parameter_values.h"

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
  return draw_parameter(generator_, name, count, columns);
}

}  // namespace gt::bench

#include "tests/bench/normalised_problem.h"

#include <random>

#include "tests/bench/parameter_values.h"

namespace gt::bench {

NormalisedProblem::NormalisedProblem() {
  constexpr unsigned kSeed = 23;
  std::mt19937 generator(kSeed);
  inputs = draw_uniform(generator, kRows * kColumns, 2);
  targets = draw_uniform(generator, kRows * kColumns, 1);
}

}  // namespace gt::bench

#include "tests/bench/training_problem.h"

#include <cmath>
#include <random>

namespace gt::bench {
namespace {

constexpr unsigned kSeed = 20;

}  // namespace

TrainingProblem::TrainingProblem(std::int64_t batch_size) : batch(batch_size) {
  std::mt19937 generator(kSeed);
  const auto uniform = [&](std::int64_t count, double bound) {
    std::uniform_real_distribution<float> distribution(static_cast<float>(-bound),
                                                       static_cast<float>(bound));
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = distribution(generator);
    return values;
  };
  const double bound1 = 1 / std::sqrt(static_cast<double>(kInputs));
  const double bound2 = 1 / std::sqrt(static_cast<double>(kHidden));
  weight1 = uniform(kHidden * kInputs, bound1);
  bias1 = uniform(kHidden, bound1);
  weight2 = uniform(kOutputs * kHidden, bound2);
  bias2 = uniform(kOutputs, bound2);
  inputs = uniform(batch * kInputs, 1);
  targets = uniform(batch * kOutputs, 1);
}

}  // namespace gt::bench

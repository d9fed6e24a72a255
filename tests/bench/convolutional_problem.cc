#include "tests/bench/convolutional_problem.h"

#include "tests/bench/parameter_values.h"

namespace gt::bench {
namespace {

constexpr unsigned kSeed = 22;

}  // namespace

ConvolutionalProblem::ConvolutionalProblem(const ConvolutionalWidths& of_blocks)
    : widths(of_blocks), generator_(kSeed) {
  images = draw_uniform(generator_, kBatch * kSide * kSide, 1);
  std::uniform_int_distribution<std::int64_t> label(0, kClasses - 1);
  for (std::int64_t k = 0; k < kBatch; ++k) targets.push_back(label(generator_));
}

std::vector<float> ConvolutionalProblem::first_values(std::string_view name, std::int64_t count,
                                                      std::int64_t fan_in) {
  return draw_parameter(generator_, name, count, fan_in);
}

}  // namespace gt::bench

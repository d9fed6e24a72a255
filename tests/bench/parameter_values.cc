#include "tests/bench/parameter_values.h"

#include <cmath>

namespace gt::bench {

std::vector<float> draw_parameter(std::mt19937& generator, std::string_view name,
                                  std::int64_t count, std::int64_t fan_in) {
  if (fan_in == 0)
    return std::vector<float>(static_cast<std::size_t>(count),
                              name.ends_with("weight") ? 1.0f : 0.0f);
  return draw_uniform(generator, count, 1 / std::sqrt(static_cast<double>(fan_in)));
}

std::vector<float> draw_uniform(std::mt19937& generator, std::int64_t count, double bound) {
  std::uniform_real_distribution<float> distribution(static_cast<float>(-bound),
                                                     static_cast<float>(bound));
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = distribution(generator);
  return values;
}

}  // namespace gt::bench

// First values of parameters, drawn once, so that both sides train the same.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace gt::bench {

/// Vectors (`fan_in` 0) named `weight` (of norms) are ones, other vectors zeros, everything else
/// uniform with the bound 1/sqrt(fan_in).
[[nodiscard]] std::vector<float> draw_parameter(std::mt19937& generator, std::string_view name,
                                                std::int64_t count, std::int64_t fan_in);
/// Uniform values in -bound .. bound.
[[nodiscard]] std::vector<float> draw_uniform(std::mt19937& generator, std::int64_t count,
                                              double bound);

}  // namespace gt::bench

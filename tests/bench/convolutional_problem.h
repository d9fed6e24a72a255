// A small convolutional network for digits and its data, drawn once, so that both sides train the
// same: two blocks of convolution, batch norm, ReLU and pooling, and a linear map.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace gt::bench {

/// Planes of the two blocks.
struct ConvolutionalWidths {
  std::int64_t first;
  std::int64_t second;

  /// Of the linear map: after each block a plane has a quarter of its pixels.
  [[nodiscard]] std::int64_t features() const noexcept { return second * 7 * 7; }
};

/// Those of examples/mnist_cnn, and those of the network that others usually train on digits.
constexpr ConvolutionalWidths kNarrow{8, 16}, kWide{32, 64};

struct ConvolutionalProblem {
  static constexpr std::int64_t kBatch = 64;
  static constexpr std::int64_t kSide = 28;
  static constexpr std::int64_t kClasses = 10;
  static constexpr double kLearningRate = 0.01;

  explicit ConvolutionalProblem(const ConvolutionalWidths& widths);

  /// First values of a parameter by `draw_parameter`; both sides ask in the order of their
  /// registration.
  [[nodiscard]] std::vector<float> first_values(std::string_view name, std::int64_t count,
                                                std::int64_t fan_in);

  ConvolutionalWidths widths;
  std::vector<float> images;          ///< (batch, 1, side, side), row-major
  std::vector<std::int64_t> targets;  ///< (batch)

 private:
  std::mt19937 generator_;
};

}  // namespace gt::bench

// Batch norm and pooling: the same bits on every instruction set, and what the judge cannot tell.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "tests/unit/engine/engine_calls.h"
#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker {
namespace {

using native::KernelTable;

constexpr std::uint32_t kSeed = 20261128;

std::vector<float> random_elements(std::size_t count) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal(0, 2);
  std::vector<float> elements(count);
  for (float& element : elements) element = normal(random);
  return elements;
}

/// Everything that the batch norm kernels compute of `rows` rows of two channels.
std::vector<float> batch_norms(const KernelTable& table, std::int64_t rows, std::int64_t n) {
  const auto count = static_cast<std::size_t>(rows * n);
  const std::vector<float> x = random_elements(count + 8);
  const float* const channels = x.data() + count;
  std::vector<float> out(2 * count + 4 * static_cast<std::size_t>(rows));
  const auto& kernels = table.batch_norm[0];
  kernels.normalise(x.data(), channels, channels + 2, channels + 4, out.data(), rows, 2, n);
  kernels.gradient(out.data(), x.data(), channels, channels + 2, channels + 4, channels + 6,
                   out.data() + count, rows, 2, n);
  float* const of_rows = out.data() + 2 * count;
  kernels.project(out.data(), x.data(), channels, of_rows, of_rows + rows, rows, 2, n);
  kernels.measure(x.data(), of_rows + 2 * rows, of_rows + 3 * rows, rows, n);
  return out;
}

/// Largest elements of windows `stride` apart, and their positions.
std::vector<float> largest_elements(const KernelTable& table, std::int64_t stride) {
  const native::PoolingTaps taps{3, stride, 1, 2};
  const std::int64_t height = (19 - 3) / stride + 1, width = (43 - 3) / stride + 1;
  const std::vector<float> x = random_elements(5 * 19 * 43);
  std::vector<float> out(static_cast<std::size_t>(5 * height * width));
  std::vector<std::int64_t> positions(out.size());
  table.max_pool[0].largest(x.data(), out.data(), positions.data(), {5, 19, 43, height, width},
                            taps, taps);
  for (const std::int64_t position : positions) out.push_back(static_cast<float>(position));
  return out;
}

std::vector<float> pools(const KernelTable& table) {
  const native::PoolingExtents extents{3, 19, 37, 10, 19};
  const native::PoolingTaps rows{3, 2, 1, 1}, columns{3, 2, 1, 1};
  const std::vector<float> x = random_elements(3 * 19 * 37);
  std::vector<float> out(3 * 10 * 19);
  std::vector<std::int64_t> positions(out.size());
  table.max_pool[0].largest(x.data(), out.data(), positions.data(), extents, rows, columns);
  std::vector<native::PoolingInterval> row_intervals, column_intervals;
  for (std::int64_t i = 0; i < 10; ++i) row_intervals.push_back({i, i + 9});
  for (std::int64_t j = 0; j < 19; ++j) column_intervals.push_back({j, j + 18});
  const std::vector<float> divisors(10 * 19, 7.0f);
  const native::PoolingRegions regions{row_intervals.data(), column_intervals.data(),
                                       divisors.data()};
  std::vector<float> means(out.size()), shares(x.size());
  table.average_pool[0].means(x.data(), means.data(), extents, regions);
  table.average_pool[0].spread(means.data(), shares.data(), extents, regions);
  for (const std::int64_t position : positions) out.push_back(static_cast<float>(position));
  out.insert(out.end(), means.begin(), means.end());
  out.insert(out.end(), shares.begin(), shares.end());
  return out;
}

/// Whether every window of 2 x 2 of three planes gives its first largest element, or its last NaN,
/// and the position of that.
void expect_largest_of_squares(const KernelTable& table, std::int64_t height, std::int64_t width) {
  const native::PoolingExtents extents{3, height, width, height / 2, width / 2};
  const native::PoolingTaps taps{2, 2, 0, 1};
  std::vector<float> x = random_elements(static_cast<std::size_t>(3 * height * width));
  for (float& element : x) element = std::round(element);  // many are equal
  for (std::size_t k = 0; k < x.size(); k += 5) x[k] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> out(static_cast<std::size_t>(3 * (height / 2) * (width / 2)), 7);
  std::vector<std::int64_t> positions(out.size());
  table.max_pool[0].largest(x.data(), out.data(), positions.data(), extents, taps, taps);
  for (std::size_t j = 0; j < out.size(); ++j) {
    const std::int64_t row = static_cast<std::int64_t>(j) / (width / 2);
    const std::int64_t column = static_cast<std::int64_t>(j) % (width / 2);
    const float* plane = x.data() + row / (height / 2) * height * width;
    std::int64_t expected = row % (height / 2) * 2 * width + 2 * column;
    for (const std::int64_t tap : {expected + 1, expected + width, expected + width + 1})
      if (plane[tap] > plane[expected] || std::isnan(plane[tap])) expected = tap;
    ASSERT_EQ(positions[j], expected)
        << table.target << ", " << height << " x " << width << ", " << j;
    ASSERT_EQ(std::memcmp(&out[j], plane + expected, sizeof(float)), 0)
        << table.target << ", " << j;
  }
}

/// The gradient of planes of windows of 2 x 2, whose widths take less than a vector, one and more.
std::vector<float> sent_to_squares(const KernelTable& table, std::int64_t pooled_width) {
  const native::PoolingExtents extents{3, 6, 2 * pooled_width, 3, pooled_width};
  const native::PoolingTaps taps{2, 2, 0, 1};
  const auto count = static_cast<std::size_t>(3 * 6 * 2 * pooled_width);
  const std::vector<float> x = random_elements(count);
  std::vector<float> pooled(count / 4), out(count);
  std::vector<std::int64_t> positions(pooled.size());
  table.max_pool[0].largest(x.data(), pooled.data(), positions.data(), extents, taps, taps);
  pooled[1] = -0.0f;  // 0 where it is added
  EXPECT_EQ(table.max_pool[0].gradient(pooled.data(), positions.data(), out.data(), extents), -1);
  std::vector<float> expected(count);
  for (std::size_t j = 0; j < pooled.size(); ++j)
    expected[j / static_cast<std::size_t>(3 * pooled_width) * (count / 3) +
             static_cast<std::size_t>(positions[j])] += pooled[j];
  EXPECT_EQ(std::memcmp(out.data(), expected.data(), count * sizeof(float)), 0)
      << table.target << ", " << pooled_width << " windows a row";
  return out;
}

TEST(ConvolutionalKernels, FindLargestOfWindowsOfTwoByTwo) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  int count = 0;
  const KernelTable* const* tables = native::runnable_kernel_tables(count);
  for (int k = 0; k < count; ++k)
    for (const std::int64_t height : {2, 5, 14})
      for (const std::int64_t width : {2, 3, 7, 8, 14, 16, 17, 28, 32, 64, 81})
        expect_largest_of_squares(*tables[k], height, width);
}

TEST(ConvolutionalKernels, SendGradientsToWindowsOfTwoByTwo) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  int count = 0;
  const KernelTable* const* tables = native::runnable_kernel_tables(count);
  for (int k = 0; k < count; ++k)
    for (const std::int64_t width : {1, 7, 14, 16, 17, 40})
      static_cast<void>(sent_to_squares(*tables[k], width));
}

/// A position in another window of four planes of two rows of `width` windows, one that is a
/// multiple of 2^32 away from its window, and one that is in no plane.
void expect_positions_followed(const KernelTable& table, std::size_t width) {
  const auto signed_width = static_cast<std::int64_t>(width);
  const native::PoolingExtents extents{4, 4, 2 * signed_width, 2, signed_width};
  const std::vector<float> grad(8 * width, 1);
  std::vector<std::int64_t> positions(grad.size());
  for (std::size_t j = 0; j < positions.size(); ++j)
    positions[j] = static_cast<std::int64_t>(j % (2 * width) / width * 4 * width + j % width * 2);
  std::vector<float> out(32 * width);
  const auto send = [&] {
    return table.max_pool[0].gradient(grad.data(), positions.data(), out.data(), extents);
  };
  positions[5] = 8 * signed_width - 1;
  positions[3] = -1;
  EXPECT_EQ(send(), -1);
  EXPECT_EQ(out[8 * width - 1], 1);
  EXPECT_EQ(out[10], 0);
  EXPECT_EQ(out[6], 0);
  const std::size_t wrong = 2 * width + 4;
  positions[wrong] += std::int64_t{1} << 32;
  EXPECT_EQ(send(), static_cast<std::int64_t>(wrong));
  positions[wrong] = -2;
  EXPECT_EQ(send(), static_cast<std::int64_t>(wrong));
}

TEST(ConvolutionalKernels, FollowPositionsThatLieElsewhere) {
  int count = 0;
  const KernelTable* const* tables = native::runnable_kernel_tables(count);
  for (int k = 0; k < count; ++k)
    for (const std::size_t width : {7, 8, 16}) {
      SCOPED_TRACE(std::string(tables[k]->target) + ", " + std::to_string(width) +
                   " windows a row");
      expect_positions_followed(*tables[k], width);
    }
}

TEST(ConvolutionalKernels, GiveTheSameBitsOnEveryInstructionSet) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  int count = 0;
  const KernelTable* const* tables = native::runnable_kernel_tables(count);
  for (int k = 1; k < count; ++k) {
    EXPECT_EQ(pools(*tables[k]), pools(*tables[0])) << tables[k]->target;
    for (const std::int64_t stride : {1, 2, 3})
      EXPECT_EQ(largest_elements(*tables[k], stride), largest_elements(*tables[0], stride))
          << tables[k]->target << ", stride " << stride;
    for (const std::int64_t n : {1, 7, 64, 5000})
      EXPECT_EQ(batch_norms(*tables[k], 6, n), batch_norms(*tables[0], 6, n))
          << tables[k]->target << ", rows of " << n;
  }
}

class PoolingTest : public ::testing::TestWithParam<const char*> {
 protected:
  EngineCalls calls_{{.backend = GetParam(), .memory_limit = std::size_t{1} << 30}};
};

TEST_P(PoolingTest, APositionOutsideOfItsPlaneIsAnError) {
  const Value grad = calls_.tensor<float>(Shape{1, 1, 1}, {2});
  for (const std::int64_t position : {std::int64_t{4}, std::int64_t{-2}}) {
    const Value positions = calls_.tensor<std::int64_t>(Shape{1, 1, 1}, {position});
    try {
      static_cast<void>(
          calls_.run(Op::max_pool2d_backward, {given(grad), given(positions)}, Shape{2, 2}));
      FAIL() << "position " << position << " of a plane of 4 elements was accepted";
    } catch (const CommonError& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIndex);
    }
  }
}

/// Taps at -1 and 2 of a dim of two elements.
TEST_P(PoolingTest, AWindowWithAllTapsInThePaddingHasNoPositionAndSendsNothing) {
  const Value input = calls_.tensor<float>(Shape{1, 2, 2}, {1, 2, 3, 4});
  const EngineOperand operand = given(input);
  const Results pooled = calls_.run_all(
      Op::max_pool2d_with_indices, {&operand, 1},
      make_attributes(Op::max_pool2d_with_indices, Shape{2, 2, 1, 1, 1, 1, 3, 3}, false));
  EXPECT_EQ(calls_.elements<float>(pooled[0]),
            std::vector<float>{-std::numeric_limits<float>::infinity()});
  EXPECT_EQ(calls_.elements<std::int64_t>(pooled[1]), std::vector<std::int64_t>{-1});
  const Value grad = calls_.tensor<float>(Shape{1, 1, 1}, {5});
  const Value sent =
      calls_.run(Op::max_pool2d_backward, {given(grad), given(pooled[1])}, Shape{2, 2});
  EXPECT_EQ(calls_.elements<float>(sent), std::vector<float>(4));
}

TEST_P(PoolingTest, ANanIsTheLargestElementOfItsWindow) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Value input = calls_.tensor<float>(Shape{1, 2, 4}, {1, nan, 5, 6, 2, 9, 7, 8});
  const EngineOperand operand = given(input);
  const Results pooled = calls_.run_all(
      Op::max_pool2d_with_indices, {&operand, 1},
      make_attributes(Op::max_pool2d_with_indices, Shape{2, 2, 2, 2, 0, 0, 1, 1}, false));
  const std::vector<float> values = calls_.elements<float>(pooled[0]);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], 8);
  EXPECT_EQ(calls_.elements<std::int64_t>(pooled[1]), (std::vector<std::int64_t>{1, 7}));
}

INSTANTIATE_TEST_SUITE_P(Engines, PoolingTest, ::testing::Values("default", "reference"));

}  // namespace
}  // namespace gt::worker

// The largest and the smallest of a row, where NaN, both infinities and zeros of both signs are.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker::native {
namespace {

constexpr std::uint32_t kSeed = 20261128;
constexpr std::size_t kBlock = 4096, kLanes = 64;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

float larger(float a, float b) { return std::isnan(a) || a > b ? a : b; }

/// The definition of reduction_tree.h, element by element.
float largest_by_the_tree(const std::vector<float>& row) {
  std::vector<std::pair<float, std::size_t>> blocks;  // value, and number of blocks in it
  const auto join = [&blocks] {
    const auto right = blocks.back();
    blocks.pop_back();
    blocks.back() = {larger(blocks.back().first, right.first), blocks.back().second + right.second};
  };
  for (std::size_t first = 0; first < row.size(); first += kBlock) {
    std::vector<float> lanes(kLanes, -kInfinity);
    for (std::size_t i = first; i < std::min(row.size(), first + kBlock); ++i)
      lanes[i % kLanes] = i < first + kLanes ? row[i] : larger(lanes[i % kLanes], row[i]);
    for (std::size_t half = kLanes / 2; half > 0; half /= 2)
      for (std::size_t lane = 0; lane < half; ++lane)
        lanes[lane] = larger(lanes[lane], lanes[lane + half]);
    blocks.emplace_back(lanes[0], 1);
    while (blocks.size() > 1 && blocks.back().second == blocks[blocks.size() - 2].second) join();
  }
  while (blocks.size() > 1) join();
  return blocks[0].first;
}

float folded(const KernelTable& table, Fold fold, const std::vector<float>& row) {
  float result = 0;
  table.row_folds[static_cast<int>(fold)][static_cast<int>(ComputeType::kFloat)](
      row.data(), nullptr, &result, 1, static_cast<std::int64_t>(row.size()));
  return result;
}

void expect_extrema(const std::vector<float>& row, const std::string& what) {
  std::vector<float> negated = row;
  for (float& value : negated) value = -value;
  const float expected = largest_by_the_tree(row);
  int count = 0;
  const KernelTable* const* tables = runnable_kernel_tables(count);
  for (int k = 0; k < count; ++k) {
    const float largest = folded(*tables[k], Fold::kMaximum, row);
    const float smallest = folded(*tables[k], Fold::kMinimum, negated);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(largest) && std::isnan(smallest)) << what << tables[k]->target;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(largest), std::bit_cast<std::uint32_t>(expected))
          << what << tables[k]->target;
      EXPECT_EQ(std::bit_cast<std::uint32_t>(-smallest), std::bit_cast<std::uint32_t>(expected))
          << what << tables[k]->target;
    }
  }
}

class ExtremaTest : public testing::TestWithParam<std::size_t> {
 protected:
  std::vector<float> draw() {
    std::normal_distribution<float> normal;
    std::vector<float> row(GetParam());
    for (float& value : row) value = normal(random_);
    return row;
  }
  std::size_t place() { return random_() % GetParam(); }

  std::mt19937 random_{kSeed};
};

TEST_P(ExtremaTest, ANaNAnywhereIsTheResult) {
  for (int round = 0; round < 20; ++round) {
    std::vector<float> row = draw();
    const std::size_t nan = place();
    row[nan] = kNaN;
    expect_extrema(row,
                   "NaN at " + std::to_string(nan) + " of seed " + std::to_string(kSeed) + ' ');
  }
}

TEST_P(ExtremaTest, BothInfinitiesAreNoNaN) {
  for (int round = 0; round < 20; ++round) {
    std::vector<float> row = draw();
    row[place()] = kInfinity;
    row[place()] = -kInfinity;
    expect_extrema(row, "infinities, seed " + std::to_string(kSeed) + ' ');
  }
}

TEST_P(ExtremaTest, OfZerosTheTreeChoosesTheSign) {
  for (int round = 0; round < 20; ++round) {
    std::vector<float> row(GetParam());
    for (float& value : row) value = random_() % 2 == 0 ? 0.0F : -0.0F;
    expect_extrema(row, "zeros, seed " + std::to_string(kSeed) + ' ');
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, ExtremaTest,
                         testing::Values(1, 5, 63, 64, 65, 128, 200, 4095, 4096, 4097, 9000,
                                         20000));

}  // namespace
}  // namespace gt::worker::native

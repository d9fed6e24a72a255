// Known answers from the Random123 distribution (kat_vectors, philox4x32 with 10 rounds).
#include "worker/engine/native/kernels/philox.h"

#include <gtest/gtest.h>

#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::random {
namespace {

std::array<std::uint32_t, 4> words(std::uint64_t key, std::uint64_t low, std::uint64_t high) {
  const PhiloxBlock block = philox(key, low, high);
  return {block.words[0], block.words[1], block.words[2], block.words[3]};
}

TEST(Philox, MakesTheKnownAnswerOfZeros) {
  EXPECT_EQ(words(0, 0, 0),
            (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(Philox, MakesTheKnownAnswerOfOnes) {
  const std::uint64_t ones = ~std::uint64_t{0};
  EXPECT_EQ(words(ones, ones, ones),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(Philox, MakesTheKnownAnswerOfPi) {
  EXPECT_EQ(words(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, AnElementDoesNotDependOnWhereItsRunBegins) {
  const auto& kernels = worker::native::best_kernel_table().random[0];
  std::vector<float> whole(1000);
  std::vector<float> part(300);
  kernels.normal(7, 9, 0, 1000, whole.data());
  kernels.normal(7, 9, 333, 300, part.data());
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 333));
}

TEST(Philox, UniformValuesFillTheUnitIntervalEvenly) {
  std::vector<float> values(100000);
  worker::native::best_kernel_table().random[0].uniform(1, 2, 0, 100000, values.data());
  double sum = 0;
  for (float value : values) {
    ASSERT_GE(value, 0.0f);
    ASSERT_LT(value, 1.0f);
    sum += value;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(Philox, NormalValuesHaveMeanZeroAndDeviationOne) {
  std::vector<double> values(100000);
  worker::native::best_kernel_table().random[1].normal(1, 2, 0, 100000, values.data());
  double sum = 0;
  double squares = 0;
  for (double value : values) {
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 100000, 0.0, 0.015);
  EXPECT_NEAR(squares / 100000, 1.0, 0.02);
}

}  // namespace
}  // namespace gt::random

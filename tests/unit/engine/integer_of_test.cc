#include "worker/engine/integer_of.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gt::worker {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST(IntegerOf, TruncatesFractions) {
  EXPECT_EQ(integer_of(ScalarValue(2.9)), 2);
  EXPECT_EQ(integer_of(ScalarValue(-2.9)), -2);
}

TEST(IntegerOf, GivesTheLeastForWhatInt64DoesNotHold) {
  for (const double number : {std::nan(""), 1e300, -1e300, 0x1p63, HUGE_VAL, -HUGE_VAL})
    EXPECT_EQ(integer_of(ScalarValue(number)), kLeast) << number;
}

TEST(IntegerOf, KeepsIntegersAndTheBordersOfInt64) {
  EXPECT_EQ(integer_of(ScalarValue(std::int64_t{-7})), -7);
  EXPECT_EQ(integer_of(ScalarValue(true)), 1);
  EXPECT_EQ(integer_of(ScalarValue(-0x1p63)), kLeast);
  EXPECT_EQ(integer_of(ScalarValue(0x1p62)), std::int64_t{1} << 62);
}

}  // namespace
}  // namespace gt::worker

// Whether a program gains, in the light of earlier starts.
#include "worker/hotpath/gain.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace gt::worker::hotpath {
namespace {

/// Seconds of an execution where eager execution takes one.
Gain taking(double compiled) { return {1.0, compiled}; }

TEST(AGain, IsWhatTakesLessThanEagerly) {
  EXPECT_TRUE(is_faster(taking(0.99), std::nullopt));
  EXPECT_FALSE(is_faster(taking(1.0), std::nullopt));
  EXPECT_FALSE(is_faster(taking(1.01), std::nullopt));
}

TEST(AGain, ThatWasMeasuredAtAnEarlierStartHoldsUnlessItClearlyIsNone) {
  EXPECT_TRUE(is_faster(taking(1.02), taking(0.98)));
  EXPECT_FALSE(is_faster(taking(1.10), taking(0.98)));
}

TEST(AGain, ThatAnEarlierStartDidNotFindMustBeClear) {
  EXPECT_FALSE(is_faster(taking(0.98), taking(1.02)));
  EXPECT_TRUE(is_faster(taking(0.90), taking(1.02)));
}

TEST(AGain, IsNotedOnceAndWhereTheVerdictIsAnotherOne) {
  EXPECT_TRUE(is_news(taking(0.98), std::nullopt));
  EXPECT_FALSE(is_news(taking(1.02), taking(0.98)));
  EXPECT_TRUE(is_news(taking(1.10), taking(0.98)));
  EXPECT_FALSE(is_news(taking(0.98), taking(1.02)));
  EXPECT_TRUE(is_news(taking(0.90), taking(1.02)));
}

TEST(AGain, OfAProgramInOtherThreadsIsAnotherOne) {
  const sequence::Hash128 program{1, 2};
  EXPECT_EQ(gain_key(program, 1), gain_key(program, 1));
  EXPECT_NE(gain_key(program, 1), gain_key(program, 2));
  EXPECT_NE(gain_key(program, 1), gain_key({2, 1}, 1));
}

TEST(AGain, IsReadAsItWasWrittenAndNothingElseIs) {
  const auto read = gain_from(to_objects({0.25, 0.125}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->eager, 0.25);
  EXPECT_EQ(read->compiled, 0.125);
  EXPECT_FALSE(gain_from({}));
  EXPECT_FALSE(gain_from({std::vector<std::byte>(8)})) << "half of it";
  EXPECT_FALSE(gain_from(to_objects({0.0, 1.0}))) << "no time at all";
  EXPECT_FALSE(gain_from(to_objects({1.0, std::numeric_limits<double>::quiet_NaN()})));
}

}  // namespace
}  // namespace gt::worker::hotpath

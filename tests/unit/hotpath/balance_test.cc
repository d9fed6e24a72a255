// Whether it pays to follow a lane, by costs and gains that a test invents, and how it is found out
// what a program gains.
#include "worker/hotpath/balance.h"

#include <gtest/gtest.h>

#include "worker/hotpath/sequence.h"

namespace gt::worker::testing {
namespace {

using hotpath::Balance;
using Prospect = Balance::Prospect;
using Verdict = Balance::Verdict;

constexpr double kNanosecond = 1e-9;
constexpr double kCostToFollow = 100 * kNanosecond;

/// A lane whose elements cost the same all the time.
class BalancedLane {
 public:
  BalancedLane() { balance_.begin(now_); }

  /// A window of elements that take `element_cost` each, all in all.
  Verdict window(double element_cost, double gain, Prospect prospect = Prospect::none) {
    while (!balance_.is_due(0))
      if (balance_.take_element()) balance_.add_cost_of_element(kCostToFollow);
    now_ += static_cast<double>(Balance::kWindow) * element_cost;
    balance_.gain(static_cast<double>(Balance::kWindow) * gain);
    return balance_.settle(prospect, now_);
  }
  void rest(double element_cost) {
    balance_.begin_rest(now_);
    now_ += static_cast<double>(Balance::kWindow) * element_cost;
    balance_.end_rest(Balance::kWindow, now_);
    balance_.begin(now_);
  }

 private:
  Balance balance_;
  double now_ = 10;
};

TEST(Balance, ClearGainsPay) {
  BalancedLane lane;
  EXPECT_EQ(lane.window(300 * kNanosecond, 10 * kCostToFollow), Verdict::pays);
}

TEST(Balance, UnclearOnesAreARestFirst) {
  BalancedLane lane;
  EXPECT_EQ(lane.window(300 * kNanosecond, 2 * kCostToFollow), Verdict::rest);
}

TEST(Balance, ElementsThatCostLessThanInTheRestPay) {
  BalancedLane lane;
  lane.rest(301 * kNanosecond);
  for (int k = 0; k < 4; ++k) EXPECT_EQ(lane.window(300 * kNanosecond, 0), Verdict::pays);
}

TEST(Balance, TwoWindowsThatCostMoreThanTheRestDoNot) {
  BalancedLane lane;
  lane.rest(200 * kNanosecond);
  EXPECT_EQ(lane.window(300 * kNanosecond, 2 * kCostToFollow), Verdict::open);
  EXPECT_EQ(lane.window(300 * kNanosecond, 2 * kCostToFollow), Verdict::rest);
}

TEST(Balance, OneWindowThatWasDisturbedIsForgiven) {
  BalancedLane lane;
  lane.rest(200 * kNanosecond);
  for (int k = 0; k < 4; ++k) {
    EXPECT_EQ(lane.window(300 * kNanosecond, 0), Verdict::open);
    EXPECT_EQ(lane.window(100 * kNanosecond, 0), Verdict::pays);
  }
}

TEST(Balance, IsOpenAsLongAsSomethingIsCompiled) {
  BalancedLane lane;
  for (int k = 0; k < 3 * Balance::kPatience; ++k)
    EXPECT_EQ(lane.window(300 * kNanosecond, 0, Prospect::working), Verdict::open);
}

TEST(Balance, WaitsForExecutionsWithPatienceThatOnlyACompilationRenews) {
  BalancedLane lane;
  for (int k = 0; k < Balance::kPatience; ++k)
    EXPECT_EQ(lane.window(300 * kNanosecond, 0, Prospect::waiting), Verdict::open);
  EXPECT_EQ(lane.window(300 * kNanosecond, 0, Prospect::waiting), Verdict::rest);
  lane.rest(400 * kNanosecond);
  EXPECT_EQ(lane.window(300 * kNanosecond, 0, Prospect::waiting), Verdict::pays);
  EXPECT_EQ(lane.window(300 * kNanosecond, 0, Prospect::working), Verdict::open);
  EXPECT_EQ(lane.window(300 * kNanosecond, 0, Prospect::waiting), Verdict::open);
}

TEST(Balance, AShortRestTellsNothing) {
  Balance balance;
  balance.begin_rest(0);
  balance.end_rest(Balance::kWindow - 1, 1);
  balance.begin(1);
  while (!balance.is_due(0)) static_cast<void>(balance.take_element());
  EXPECT_EQ(balance.settle(Prospect::none, 1), Verdict::rest);
}

TEST(Balance, AWindowHasTwoOfTheLongestUnit) {
  Balance balance;
  balance.begin(0);
  for (std::uint64_t k = 0; k < 3 * Balance::kWindow; ++k)
    static_cast<void>(balance.take_element());
  EXPECT_TRUE(balance.is_due(3 * Balance::kWindow / 2));
  EXPECT_FALSE(balance.is_due(3 * Balance::kWindow / 2 + 1));
}

TEST(Balance, MeasurementsInWhichTheProcessorWasTakenAwayDoNotCount) {
  Balance balance;
  balance.begin(0);
  int measured = 0;
  while (!balance.is_due(0))
    if (balance.take_element())
      balance.add_cost_of_element(++measured % 20 == 0 ? 1.0 : kCostToFollow);
  balance.gain(5 * kCostToFollow * static_cast<double>(Balance::kWindow));
  EXPECT_EQ(balance.settle(Prospect::none, 1), Verdict::pays);
}

TEST(ProgramTurns, AreSharedWithEagerExecutionButNotForEver) {
  hotpath::Program program;
  std::size_t eager = 0;
  for (int execution = 0; execution < 200; ++execution)
    if (program.takes_turns() && program.gives_turn()) ++eager;
  EXPECT_EQ(eager, hotpath::TimeSamples::kKept);
}

}  // namespace
}  // namespace gt::worker::testing

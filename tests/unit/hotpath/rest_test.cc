// Where nothing comes of recording a lane rests.
#include "worker/hotpath/rest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/unit/hotpath/hot_session.h"
#include "worker/hotpath/balance.h"

namespace gt::worker::testing {
namespace {

using hotpath::Rest;
using ::testing::Each;
using ::testing::FloatEq;

constexpr std::uint64_t kEnough = 10 * Rest::kWindow;

/// Elements that pass until the rest ends.
std::uint64_t length_of(Rest& rest, std::size_t kinds) {
  std::uint64_t passed = 0;
  while (!rest.ends(kinds)) ++passed;
  return passed;
}

TEST(Rest, BeginsWhereHotUnitsMakeNearlyAll) {
  Rest rest(kEnough);
  EXPECT_FALSE(rest.begins(1000, 0, 5));
  EXPECT_FALSE(rest.begins(1000 + Rest::kWindow - 1, Rest::kWindow, 5));
  EXPECT_FALSE(rest.begins(1000 + Rest::kWindow, Rest::kWindow / 2, 5));
  EXPECT_TRUE(rest.begins(1000 + 2 * Rest::kWindow, Rest::kWindow / 2 + Rest::kWindow, 5));
}

TEST(Rest, BeginsAfterEnoughWasRecordedInWhichNothingRepeats) {
  Rest rest(kEnough);
  std::uint64_t recorded = 0;
  while (!rest.begins(recorded, 0, 5)) recorded += 32;
  EXPECT_GE(recorded, kEnough);
  EXPECT_LE(recorded, kEnough + Rest::kWindow);
}

TEST(Rest, WhatIsFollowedPutsItOff) {
  Rest rest(kEnough);
  EXPECT_FALSE(rest.begins(0, 0, 5));
  rest.put_off();
  EXPECT_FALSE(rest.begins(Rest::kWindow, Rest::kWindow, 5));
  EXPECT_TRUE(rest.begins(2 * Rest::kWindow, 2 * Rest::kWindow, 5));
}

/// No time is too long.
constexpr std::chrono::hours kEver{1000};

TEST(Rest, BecomesLongerAndEndsEarlyWithANewKind) {
  Rest rest(kEnough, kEver);
  std::vector<std::uint64_t> lengths;
  for (int k = 0; k < 4; ++k) {
    EXPECT_FALSE(rest.begins(0, 0, 5));
    EXPECT_TRUE(rest.begins(Rest::kWindow, Rest::kWindow, 5));
    lengths.push_back(length_of(rest, 5));
  }
  EXPECT_EQ(lengths, (std::vector{Rest::kFirst, 4 * Rest::kFirst, Rest::kLongest, Rest::kLongest}));
  EXPECT_FALSE(rest.begins(0, 0, 5));
  EXPECT_TRUE(rest.begins(Rest::kWindow, Rest::kWindow, 5));
  EXPECT_FALSE(rest.ends(5));
  EXPECT_TRUE(rest.ends(6));
}

TEST(Rest, IsShortAgainAfterSomethingPaid) {
  Rest rest(kEnough, kEver);
  rest.begin(5);
  EXPECT_EQ(length_of(rest, 5), Rest::kFirst);
  rest.shorten();
  rest.begin(5);
  EXPECT_EQ(length_of(rest, 5), Rest::kFirst);
  EXPECT_EQ(rest.passed(), Rest::kFirst);
}

TEST(Rest, EndsWhereItHasTakenLong) {
  Rest rest(kEnough, std::chrono::nanoseconds(0));
  rest.begin(5);
  EXPECT_LE(length_of(rest, 5), Rest::kClockInterval);
}

/// Rounds of `last(relu(relu(value + 0.25)))`.
ValueId other_loop(HotSession& session, ValueId value, ValueId next, Op last, KindId kind) {
  for (int round = 0; round < 41; ++round) {
    StreamBuilder& builder = session.builder;
    builder.add_tensors(next, Operand::tensor(value, 1, true), Operand::tensor(1, 1), 11);
    builder.add(Op::relu, next + 1, {Operand::tensor(next, 1, true)}, {}, 12);
    builder.add(Op::relu, next + 2, {Operand::tensor(next + 1, 1, true)}, {}, 12);
    builder.add(last, next + 3, {Operand::tensor(next + 2, 1, true)}, {}, kind);
    value = next + 3;
    next += 4;
    session.answer_reports();
    session.send();
  }
  return value;
}

TEST(Rest, ALaneWhoseProgramsWereDroppedDoesNotRecordUntilANewKindComes) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(400);
  ASSERT_EQ(session.count(Event::detected), 2u) << session.reports();
  for (const protocol::SequenceReport& report : session.outbox.sequences)
    if (report.event == Event::detected)
      session.decisions.push_back({report.sequence, Action::drop});
  constexpr int kSteps = 3 * Rest::kWindow / 4;
  loop.steps(kSteps);
  const ValueId resting = other_loop(session, loop.weight(), 1'000'000, Op::relu, 12);
  EXPECT_EQ(session.count(Event::detected), 2u) << session.reports();
  const ValueId last = other_loop(session, resting, 2'000'000, Op::neg, 20);
  EXPECT_GT(session.count(Event::detected), 2u) << session.reports();
  EXPECT_EQ(session.count(Event::mismatched), 0u) << session.reports();
  // -(x + 0.25) of what is not negative, then 0, -0.25, 0 and so on.
  EXPECT_THAT(session.fetch(last, 1), Each(-0.25f));
}

TEST(Rest, ALaneThatIsFollowedForLessThanItCostsRestsAndLooksAgain) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(400);
  ASSERT_NE(session.find(Event::entered), nullptr) << session.reports();
  // The first rest is the shortest.
  constexpr int kSteps = hotpath::Balance::kWindow / 64;
  const auto rests = [&] {
    return session.reports().find("gain less than it costs to follow") != std::string::npos;
  };
  for (int k = 0; k < 16 * (hotpath::Balance::kPatience + 4) && !rests(); ++k) loop.steps(kSteps);
  EXPECT_TRUE(rests()) << session.reports();
  const std::size_t entered = session.count(Event::entered);
  loop.steps(Rest::kFirst / 4 + 400);
  EXPECT_GT(session.count(Event::entered), entered) << session.reports();
  // x is 0.25: relu(w + x) has taken w to its opposite.
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(FloatEq(-0.25f)));
}

/// The programs that the lane ran, one after the other.
std::vector<sequence::Hash128> entered_programs(const HotSession& session) {
  std::vector<sequence::Hash128> programs;
  for (const protocol::SequenceReport& report : session.outbox.sequences)
    if (report.event == Event::entered) programs.push_back(report.sequence);
  return programs;
}

TEST(Rest, ALaneLooksForTheUnitsItKnewNotForShorterOnes) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(400);
  const std::vector<sequence::Hash128> before = entered_programs(session);
  ASSERT_EQ(before.size(), 2u) << "of one round, and of several: " << session.reports();
  for (int k = 0; k < 2000 && session.count(Event::left) < 2; ++k)
    loop.steps(hotpath::Balance::kWindow / 64);
  ASSERT_EQ(session.count(Event::left), 2u) << session.reports();
  loop.steps(Rest::kFirst / 4 + 400);
  const std::vector<sequence::Hash128> after = entered_programs(session);
  ASSERT_GT(after.size(), before.size()) << session.reports();
  EXPECT_EQ(after[before.size()], before.back()) << session.reports();
}

}  // namespace
}  // namespace gt::worker::testing

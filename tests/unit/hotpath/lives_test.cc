// What executions leave alive: it may differ from one to the next, in one segment of several, and
// is known to the next start.
#include "worker/hotpath/lives.h"

#include <gmock/gmock.h>

#include "tests/unit/hotpath/starts.h"

namespace gt::worker::testing {
namespace {

using ::testing::Each;

constexpr int kUntilCompiled = 40;

/// `a = sum(w + x)`, which is read, and `w = sum(a * 0.5) + x`. What the first sum or the second
/// one folds may be freed only in the next step.
class TwoSegments {
 public:
  explicit TwoSegments(HotSession& session, bool waits = true) : session_(session), waits_(waits) {
    session_.builder.full(1, {1}, 0.25).full(2, {1}, 1.0);
    session_.send();
  }
  void step(bool first_is_late, bool second_is_late) {
    session_.answer_reports();
    StreamBuilder& builder = session_.builder;
    const ValueId added = next_++, a = next_++, scaled = next_++, folded = next_++, w = next_++;
    builder.add_tensors(added, Operand::tensor(weight_, 1, true), Operand::tensor(1, 1));
    add_sum(a, added, first_is_late);
    if (waits_) session_.send(true);
    builder.add(Op::mul, scaled, {Operand::tensor(a, 1, true), Operand::scalar(0.5)}, {});
    add_sum(folded, scaled, second_is_late);
    builder.add_tensors(w, Operand::tensor(folded, 1, true), Operand::tensor(1, 1));
    for (ValueId id : late_) builder.add(Op::release, 0, {Operand::tensor(id, 1)}, {});
    late_.clear();
    if (first_is_late) late_.push_back(added);
    if (second_is_late) late_.push_back(scaled);
    weight_ = w;
    expected_ = (expected_ + 0.25f) * 0.5f + 0.25f;
    session_.send(waits_);
  }
  void steps(int count, bool first_is_late, bool second_is_late) {
    for (int k = 0; k < count; ++k) step(first_is_late, second_is_late);
  }
  void expect_right_weight() { EXPECT_THAT(session_.fetch(weight_, 1), Each(expected_)); }

 private:
  void add_sum(ValueId result, ValueId of, bool is_late) {
    session_.builder.add(Op::sum, result, {Operand::tensor(of, 1, !is_late)},
                         make_attributes(Op::sum, Shape{0}, true, DType::kFloat32));
  }

  HotSession& session_;
  bool waits_;
  ValueId weight_ = 2;
  std::vector<ValueId> late_;
  ValueId next_ = 100;
  float expected_ = 1.0f;
};

TEST(Lives, OfTwoExecutionsAreAliveInEitherAndDeadInBoth) {
  const hotpath::Lives a{{{0, 2}, {0, 1}}, {{}, {0}}};
  const hotpath::Lives b{{{2, 3}, {1}}, {{1}, {}}};
  const hotpath::Lives joined{{{0, 2, 3}, {1}}, {{1}, {}}};
  EXPECT_EQ(hotpath::join(a, b), joined);
  EXPECT_TRUE(hotpath::covers(joined, a));
  EXPECT_TRUE(hotpath::covers(joined, b));
  EXPECT_FALSE(hotpath::covers(a, b));
}

TEST(Lives, AreReadAsTheyWereWrittenAndNothingElseIs) {
  const hotpath::Lives lives{{{0, 2}, {1}}, {{}, {}}};
  hotpath::ProgramObjects objects = to_objects(lives);
  EXPECT_EQ(hotpath::lives_from(objects), lives);
  std::swap(objects[0][0], objects[0][4]);
  EXPECT_FALSE(hotpath::lives_from(objects)) << "numbers that fall";
  objects[0].resize(3);
  EXPECT_FALSE(hotpath::lives_from(objects)) << "a part of a number";
  EXPECT_FALSE(hotpath::lives_from({{}})) << "half a segment";
}

TEST(Lives, OneSegmentThatLeavesMoreAliveGetsAProgramThatFits) {
  HotSession session(auto_compile());
  TwoSegments loop(session);
  loop.steps(kUntilCompiled, false, false);
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  loop.steps(kUntilCompiled, false, true);
  ASSERT_EQ(session.count(Event::recompiling), 1u) << session.reports();
  EXPECT_EQ(session.find(Event::recompiling)->text, "other values are alive after it");
  const std::size_t left = session.count(Event::left);
  const std::size_t compilations = session.count(Event::compiling);
  loop.steps(kUntilCompiled, false, true);
  loop.steps(kUntilCompiled, false, false);
  EXPECT_EQ(session.count(Event::left), left) << session.reports();
  EXPECT_EQ(session.count(Event::compiling), compilations) << session.reports();
  EXPECT_EQ(session.count(Event::mismatched), 0u);
  loop.expect_right_weight();
}

TEST(Lives, AnExecutionNowAndThenThatLeavesMoreAliveIsNoReasonToCompile) {
  HotSession session(auto_compile());
  TwoSegments loop(session);
  loop.steps(kUntilCompiled, false, false);
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  for (int k = 0; k < 400; ++k) loop.step(false, k % 40 == 0);
  EXPECT_EQ(session.count(Event::compiling), 1u) << session.reports();
  loop.expect_right_weight();
}

TEST(Lives, ExecutionsThatLeaveOneThingOrAnotherAliveGetOneProgramForAll) {
  HotSession session(auto_compile());
  TwoSegments loop(session);
  loop.steps(kUntilCompiled, false, false);
  for (int k = 0; k < 4 * kUntilCompiled; ++k) loop.step(k % 4 == 0, k % 4 == 2);
  EXPECT_EQ(session.count(Event::recompiling), 1u) << session.reports();
  loop.expect_right_weight();
}

TEST_F(Starts, TheNextStartBeginsWithWhatTheOneBeforeFoundAlive) {
  const auto changing = [](HotSession& session) {
    TwoSegments loop(session);
    loop.steps(kUntilCompiled, false, false);
    loop.steps(kUntilCompiled, false, true);
    loop.expect_right_weight();
  };
  EXPECT_EQ(start(changing), 2);
  const std::ptrdiff_t again = start([&](HotSession& session) {
    changing(session);
    EXPECT_EQ(session.count(Event::compiling), 1u) << session.reports();
    EXPECT_EQ(session.count(Event::recompiling), 0u) << session.reports();
    EXPECT_EQ(session.count(Event::left), 0u) << session.reports();
  });
  EXPECT_EQ(again, 0) << "nothing is compiled";
}

/// `relu(x * 0.5) + w`, of what stays; what is bent may be freed only in the next step.
void bend(HotSession& session, int steps, bool is_late) {
  constexpr std::int64_t kElements = 4096;
  StreamBuilder& builder = session.builder;
  builder.full(1, {kElements}, 0.25).full(2, {kElements}, 1.0);
  ValueId next = 100;
  std::vector<ValueId> late;
  for (int k = 0; k < steps; ++k) {
    session.answer_reports();
    const ValueId scaled = next++, bent = next++, sum = next++;
    builder.add(Op::mul, scaled, {Operand::tensor(1, 1), Operand::scalar(0.5)}, {});
    builder.add(Op::relu, bent, {Operand::tensor(scaled, 1, !is_late)}, {});
    builder.add_tensors(sum, Operand::tensor(bent, 1, true), Operand::tensor(2, 1));
    for (ValueId id : late) builder.add(Op::release, 0, {Operand::tensor(id, 1)}, {});
    late = {sum};
    if (is_late) late.push_back(scaled);
    session.send();
  }
}

TEST_F(Starts, WhatWouldHoldMoreThanEagerlyIsNotKeptForAnEarlierStart) {
  const auto late = [](HotSession& session) { bend(session, kUntilCompiled, true); };
  const auto soon = [](HotSession& session) { bend(session, kUntilCompiled, false); };
  EXPECT_EQ(start(late), 1);
  EXPECT_EQ(start(soon), 1) << "a program that keeps nothing";
  EXPECT_EQ(start(late), 0);
  EXPECT_EQ(start(soon), 0);
}

}  // namespace
}  // namespace gt::worker::testing

// What one start of a program finds out decides what the next one compiles.
#include "tests/unit/hotpath/starts.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

namespace gt::worker::testing {
namespace {

using ::testing::HasSubstr;

/// Rounds that add the sums of the last 32 rows of relu(x), with x of (n, 2), to a total.
class TailLoop {
 public:
  explicit TailLoop(HotSession& session, ValueId first = 1)
      : session_(session), total_(first), next_(first + 1) {
    session_.builder.full(total_, {1, 2}, 0.0);
    session_.send();
  }
  void step(std::int64_t n) {
    constexpr std::int64_t kTail = 32;
    session_.answer_reports();
    StreamBuilder& builder = session_.builder;
    const ValueId batch = next_++, positive = next_++, tail = next_++, summed = next_++,
                  updated = next_++;
    builder.full(batch, {n, 2}, 0.5);
    session_.send(true);  // what comes from outside is no part of the loop
    builder.add(Op::relu, positive, {Operand::tensor(batch, 2, true)}, {});
    builder.add(Op::slice, tail, {Operand::tensor(positive, 2, true)},
                make_attributes(Op::slice, 0, n - kTail, kTail, 1));
    builder.add(Op::sum, summed, {Operand::tensor(tail, 2, true)},
                make_attributes(Op::sum, Shape{0}, true, DType::kFloat32));
    builder.add(Op::add, updated,
                {Operand::tensor(total_, 2, true), Operand::tensor(summed, 2, true)},
                make_attributes(Op::add, ScalarValue(1)));
    total_ = updated;
    expected_ += 0.5f * kTail;
    session_.send(true);
  }
  void steps(int count, std::int64_t n) {
    for (int k = 0; k < count; ++k) step(n);
  }
  void expect_right_total() { EXPECT_THAT(session_.fetch(total_, 2), ::testing::Each(expected_)); }

 private:
  HotSession& session_;
  ValueId total_;
  ValueId next_;
  float expected_ = 0;
};

TEST_F(Starts, AProgramForAnySizeIsFoundWhereItWasMadeAtAnotherSize) {
  const auto run = [](std::int64_t first, std::int64_t second) {
    return [first, second](HotSession& session) {
      TailLoop loop(session);
      loop.steps(30, first);
      loop.steps(30, second);
      EXPECT_EQ(session.count(Event::recompiling), 1u) << session.reports();
      EXPECT_EQ(session.count(Event::failed), 0u) << session.reports();
      EXPECT_EQ(session.count(Event::mismatched), 0u) << session.reports();
      loop.expect_right_total();
    };
  };
  EXPECT_EQ(start(run(128, 64)), 2);
  EXPECT_EQ(start(run(128, 96)), 0);
}

TEST_F(Starts, TheGainThatWasMeasuredIsKnownToTheNext) {
  const auto judged = [](HotSession& session) -> std::string {
    const auto* report = session.find(Event::measured);
    if (report == nullptr) report = session.find(Event::slow);
    return report == nullptr ? "not judged" : report->text;
  };
  const auto run = [](HotSession& session) {
    UpdateLoop loop(session, {4096});
    loop.steps(200);
  };
  start([&](HotSession& session) {
    run(session);
    EXPECT_EQ(judged(session), "") << session.reports();
  });
  start([&](HotSession& session) {
    run(session);
    EXPECT_THAT(judged(session), HasSubstr("x at an earlier start")) << session.reports();
  });
}

/// A loop, and another one behind it, with tensors of (n, 2), as often as the session wishes.
template <class GoesOn>
auto update_then_tail(GoesOn goes_on, std::int64_t n = 64) {
  return [goes_on, n](HotSession& session) {
    UpdateLoop(session).steps(40);
    TailLoop tail(session, 1'000'000);
    for (int k = 0; goes_on(session, k); ++k) tail.step(n);
    tail.expect_right_total();
  };
}

TEST_F(Starts, WhatTheFirstDidNotCompileIsNotCompiledWhereThatTakesLongerThanItsExecutions) {
  EXPECT_EQ(start([](HotSession& session) { UpdateLoop(session).steps(40); }), 1);
  const auto run = update_then_tail([](HotSession& session, int steps) {
    EXPECT_LE(session.count(Event::detected), 1u) << session.reports();
    return steps < 40;
  });
  EXPECT_EQ(start(run), 0);
}

TEST_F(Starts, WhatTheFirstDidNotCompileIsCompiledOnceItsExecutionsHaveTakenAsLong) {
  EXPECT_EQ(start([](HotSession& session) { UpdateLoop(session).steps(40); }), 1);
  constexpr int kMostSteps = 100'000;
  constexpr std::int64_t kRows = 64 * 1024;  // a step takes long enough for some thousand to do
  const auto run = update_then_tail(
      [](HotSession& session, int steps) {
        return session.count(Event::entered) < 2 && steps < kMostSteps;
      },
      kRows);
  EXPECT_EQ(start(run), 1);
}

TEST_F(Starts, WhereNothingIsKnownALoopIsCompiledHoweverLittleTimeItTakes) {
  EXPECT_EQ(start(update_then_tail([](HotSession&, int steps) { return steps < 40; })), 2);
}

TEST_F(Starts, AVerdictThatContradictsTheFirstHasToBeFoundThreeTimes) {
  start([](HotSession& session) { TailLoop(session).steps(40, 64); });
  note_gain({.eager = 1, .compiled = 0.1});
  constexpr int kSamples = 16;
  int executions = 0;
  const auto run = [&](HotSession& session) {
    TailLoop loop(session);
    for (int k = 0; k < 1000 && session.count(Event::slow) == 0; ++k) loop.step(64);
    EXPECT_EQ(session.count(Event::slow), 1u) << session.reports();
  };
  start(run, [&] {
    ++executions;
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  });
  EXPECT_GE(executions, 3 * kSamples);
}

}  // namespace
}  // namespace gt::worker::testing

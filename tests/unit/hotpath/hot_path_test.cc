// What a session does with a loop, from its first rounds to its program.
#include <gmock/gmock.h>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

constexpr int kUntilCompiled = 40;

TEST(HotPath, ALoopIsDetectedCompiledValidatedAndUsed) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_NE(session.find(Event::detected), nullptr);
  EXPECT_EQ(session.find(Event::detected)->text, "add -> relu -> mul -> sub");
  EXPECT_GE(session.find(Event::detected)->executions, 10u);
  EXPECT_EQ(session.count(Event::ready), 1u);
  EXPECT_EQ(session.count(Event::validated), 1u);
  EXPECT_EQ(session.count(Event::entered), 1u);
  EXPECT_EQ(session.count(Event::mismatched), 0u);
}

TEST(HotPath, ResultsAreThoseOfEagerExecution) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(UpdateLoop::after(1.0f, kUntilCompiled)));
}

TEST(HotPath, EverySequenceIsCompiledAtItsFirstExecutionWhereAskedTo) {
  HotSession session(protocol::Settings{{"GT_COMPILE", "1"}});
  UpdateLoop loop(session);
  loop.step();
  EXPECT_EQ(session.count(Event::compiling), 0u);
  static_cast<void>(session.fetch(loop.weight(), 1));
  EXPECT_EQ(session.count(Event::compiling), 1u);
  for (int k = 0; k < 10; ++k) {
    loop.step();
    EXPECT_THAT(session.fetch(loop.weight(), 1), Each(UpdateLoop::after(1.0f, k + 2)));
  }
  EXPECT_GE(session.count(Event::entered), 1u);
}

/// Instructions that were executed by programs, as reported.
std::uint64_t counted_instructions(const HotSession& session) {
  std::uint64_t instructions = 0;
  for (const protocol::SequenceReport& report : session.outbox.sequences)
    if (report.event == Event::counted) instructions += report.executions * report.instructions;
  return instructions;
}

TEST(HotPath, TheEndOfASessionReportsWhatProgramsHaveDone) {
  constexpr int kLater = 100;  // less than are reported together
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::entered), 1u);
  const std::uint64_t before = counted_instructions(session);
  loop.steps(kLater);
  static_cast<void>(session.fetch(loop.weight(), 1));
  session.executor->add(protocol::SessionClosed{1});
  EXPECT_GT(counted_instructions(session), before) << session.reports();
  EXPECT_LE(counted_instructions(session), 4u * (kLater + kUntilCompiled));
}

TEST(HotPath, WithoutTheSettingNothingIsReported) {
  HotSession session({});
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  EXPECT_TRUE(session.outbox.sequences.empty());
}

TEST(HotPath, WhatIsHeldRunsWhenNothingComes) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  EXPECT_TRUE(session.executor->holds());
  session.rest();
  EXPECT_FALSE(session.executor->holds());
}

/// One step, with a rest behind its first instructions, and decisions that come with the others.
void step_with_a_rest(HotSession& session, UpdateLoop& loop, int instructions,
                      const std::vector<protocol::ProgramDecision>& late_decisions = {}) {
  constexpr std::size_t kEnds[] = {0, 5, 8, 12};
  loop.append();
  session.answer_reports();
  std::vector<std::uint64_t>& words = session.builder.words;
  const auto end = words.begin() + static_cast<std::ptrdiff_t>(kEnds[instructions]);
  std::vector<std::uint64_t> rest(end, words.end());
  words.erase(end, words.end());
  session.send();
  session.rest();
  words = std::move(rest);
  session.decisions = late_decisions;
  session.send();
}

TEST(HotPath, ExecutionsThatAreCutHereAndThereByLateInputAreNotCompiled) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  for (int k = 0; k < kUntilCompiled; ++k) step_with_a_rest(session, loop, 1 + k % 3);
  EXPECT_EQ(session.count(Event::compiling), 0u) << session.reports();
  loop.steps(kUntilCompiled);
  EXPECT_EQ(session.count(Event::compiling), 1u) << session.reports();
  EXPECT_EQ(session.count(Event::entered), 1u);
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(UpdateLoop::after(1.0f, 2 * kUntilCompiled)));
}

TEST(HotPath, ALoopWhoseInputIsAlwaysLateAtOnePlaceIsCompiledInTwoParts) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  for (int k = 0; k < kUntilCompiled; ++k) step_with_a_rest(session, loop, 2);
  EXPECT_EQ(session.count(Event::compiling), 1u) << session.reports();
  EXPECT_GE(session.count(Event::entered), 1u);
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(UpdateLoop::after(1.0f, kUntilCompiled)));
}

TEST(HotPath, AFewExecutionsThatAreCutByLateInputAreNotCompiledWhereThereIsAProgram) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::compiling), 1u) << session.reports();
  for (int k = 0; k < 4; ++k) step_with_a_rest(session, loop, 2);
  EXPECT_EQ(session.count(Event::compiling), 1u) << session.reports();
  for (int k = 0; k < kUntilCompiled; ++k) step_with_a_rest(session, loop, 2);
  EXPECT_EQ(session.count(Event::compiling), 2u) << session.reports();
}

TEST(HotPath, UnitsOfNothingButViewsAreNotCompiled) {
  HotSession session(auto_compile());
  session.builder.full(1, {4, 4}, 0.25);
  for (ValueId next = 100; next < 100 + 4 * 60; next += 4) {
    StreamBuilder& builder = session.builder;
    builder.add(Op::permute, next, {Operand::tensor(1, 2)},
                make_attributes(Op::permute, Shape{1, 0}));
    builder.add(Op::select, next + 1, {Operand::tensor(next, 2, true)},
                make_attributes(Op::select, 0, 2));
    builder.add(Op::expand, next + 2, {Operand::tensor(next + 1, 1, true)},
                make_attributes(Op::expand, Shape{3, 4}));
    builder.add(Op::release, 0, {Operand::tensor(next + 2, 2)}, {});
    session.answer_reports();
    session.send();
  }
  EXPECT_TRUE(session.outbox.sequences.empty()) << session.reports();
}

TEST(HotPath, AProgramThatIsLeftForLateInputSaysSo) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  for (int k = 0; k < 2; ++k) step_with_a_rest(session, loop, 2);
  loop.steps(2);
  ASSERT_NE(session.find(Event::left), nullptr) << session.reports();
  EXPECT_EQ(session.find(Event::left)->text, "its instructions came late");
}

TEST(HotPath, AnExecutionNowAndThenWhoseInputIsLateIsNotSaidToLeaveTheProgram) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  for (int k = 0; k < 10; ++k) {
    step_with_a_rest(session, loop, 2);
    loop.steps(2);
  }
  EXPECT_EQ(session.count(Event::left), 0u) << session.reports();
  EXPECT_EQ(session.count(Event::entered), 1u) << session.reports();
}

TEST(HotPath, AProgramThatIsDroppedWithinAnExecutionIsNotSaidToBeEnteredThen) {
  for (const int more : {0, 1}) {  // executions take turns between program and engine
    HotSession session(auto_compile());
    UpdateLoop loop(session);
    for (int k = 0; k < kUntilCompiled + more; ++k) step_with_a_rest(session, loop, 2);
    ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
    const auto id = session.find(Event::entered)->sequence;
    step_with_a_rest(session, loop, 2, {{id, Action::drop}});
    for (int k = 0; k < 4; ++k) step_with_a_rest(session, loop, 2);
    EXPECT_EQ(session.count(Event::entered), 1u) << session.reports();
  }
}

TEST(HotPath, EightRoundsOfAShortLoopBecomeOneProgram) {
  constexpr int kRounds = 400;
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  loop.steps(kRounds);
  EXPECT_EQ(session.count(Event::detected), 2u) << session.reports();
  const protocol::SequenceReport& last = session.outbox.sequences.back();
  EXPECT_EQ(last.instructions, 32u) << session.reports();
  EXPECT_EQ(session.count(Event::validated), 2u) << session.reports();
  EXPECT_EQ(session.count(Event::mismatched), 0u) << session.reports();
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(UpdateLoop::after(1.0f, kRounds)));
}

/// `w = sum(w + x) * 0.5`, with frees of some results at once or only after the next step. Rounds
/// of a loop that folds something are no unit together.
class LateFrees {
 public:
  explicit LateFrees(HotSession& session) : session_(session) {
    session_.builder.full(1, {1}, 0.25).full(2, {1}, 1.0);
    session_.send();
  }
  void step(bool frees_sum_late, bool frees_folded_late) {
    append(frees_sum_late, frees_folded_late);
    send();
  }
  void send() {
    session_.answer_reports();
    session_.send();
  }
  void append(bool frees_sum_late, bool frees_folded_late) {
    StreamBuilder& builder = session_.builder;
    const ValueId sum = next_++, folded = next_++, scaled = next_++;
    builder.add_tensors(sum, Operand::tensor(weight_, 1), Operand::tensor(1, 1), 11);
    builder.add(Op::sum, folded, {Operand::tensor(sum, 1, !frees_sum_late)},
                make_attributes(Op::sum, Shape{0}, true, DType::kFloat32), 12);
    builder.add(Op::mul, scaled,
                {Operand::tensor(folded, 1, !frees_folded_late), Operand::scalar(0.5)}, {}, 13);
    for (ValueId id : {weight_, late_[0], late_[1]})
      if (id != 0) builder.add(Op::release, 0, {Operand::tensor(id, 1)}, {});
    late_[0] = frees_sum_late ? sum : 0;
    late_[1] = frees_folded_late ? folded : 0;
    weight_ = scaled;
  }
  [[nodiscard]] ValueId weight() const noexcept { return weight_; }

 private:
  HotSession& session_;
  ValueId weight_ = 2;
  ValueId late_[2] = {};
  ValueId next_ = 100;
};

TEST(HotPath, WhatIsSometimesAliveAfterAnExecutionIsAliveInOneProgramForAll) {
  HotSession session(auto_compile());
  LateFrees loop(session);
  for (int k = 0; k < kUntilCompiled; ++k) loop.step(false, false);
  for (int k = 0; k < kUntilCompiled; ++k) loop.step(true, false);
  for (int k = 0; k < kUntilCompiled; ++k) loop.step(false, true);
  ASSERT_EQ(session.count(Event::recompiling), 2u) << session.reports();
  const std::size_t left = session.count(Event::left);
  for (int k = 0; k < kUntilCompiled; ++k) loop.step(k % 2 != 0, k % 3 != 0);
  EXPECT_EQ(session.count(Event::recompiling), 2u) << session.reports();
  EXPECT_EQ(session.count(Event::left), left) << session.reports();
  EXPECT_EQ(session.count(Event::mismatched), 0u);
  float weight = 1.0f;
  for (int k = 0; k < 4 * kUntilCompiled; ++k) weight = (weight + 0.25f) * 0.5f;
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(weight));
}

TEST(HotPath, WhatAnExecutionLeavesAliveAtTheEndOfABatchIsAliveInTheFirstProgram) {
  constexpr int kRoundsOfBatch = 4;
  HotSession session(auto_compile());
  LateFrees loop(session);
  for (int batch = 0; batch < kUntilCompiled; ++batch) {
    for (int k = 1; k <= kRoundsOfBatch; ++k) loop.append(k == kRoundsOfBatch, false);
    loop.send();
  }
  const auto& reports = session.outbox.sequences;
  EXPECT_GE(session.count(Event::entered), 1u) << session.reports();
  EXPECT_TRUE(std::none_of(reports.begin(), reports.end(), [](const auto& report) {
    return report.event == Event::recompiling;
  })) << session.reports();
}

TEST(HotPath, WhatAnExecutionLeftAliveBeforeItWasHotIsAliveInTheFirstProgram) {
  HotSession session(auto_compile());
  LateFrees loop(session);
  for (int k = 0; k < kUntilCompiled; ++k) loop.step(k == 5, false);
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  for (int k = 0; k < kUntilCompiled; ++k) loop.step(true, false);
  EXPECT_EQ(session.count(Event::recompiling), 0u) << session.reports();
  EXPECT_EQ(session.count(Event::left), 0u) << session.reports();
}

TEST(HotPath, AShorterProgramRunsWithinASequenceThatHasNone) {
  constexpr int kRounds = 40, kStepsOfRound = 6;
  HotSession session(auto_compile());
  int kernels = 0;
  session.prepare_compiler = [&kernels](InterpretingCompiler& compiler) {
    compiler.after = [&kernels](std::span<const Value>) { ++kernels; };
  };
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::entered), 1u);
  // From here on nobody decides anything, so what is found later has no program in use.
  int before = 0;
  for (int round = 0; round < kRounds; ++round) {
    before = kernels;
    for (int k = 0; k < kStepsOfRound; ++k) loop.append();
    const ValueId noise = 5000 + static_cast<ValueId>(round);
    session.builder.add(Op::neg, noise, {Operand::tensor(1, 1)}, {}, 15).drop_result();
    session.send();
    session.executor->compile_pool().wait_until_idle();
  }
  EXPECT_GE(session.count(Event::detected), 2u) << session.reports();
  EXPECT_GE(kernels, before + kStepsOfRound - 1);
  EXPECT_THAT(session.fetch(loop.weight(), 1),
              Each(UpdateLoop::after(1.0f, kUntilCompiled + kRounds * kStepsOfRound)));
}

TEST(HotPath, AProgramThatGivesOtherBitsIsNotUsed) {
  HotSession session(auto_compile());
  session.prepare_compiler = [](InterpretingCompiler& compiler) {
    compiler.after = [](std::span<const Value> outputs) { outputs[0].data<float>()[1] = 7.0f; };
  };
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::mismatched), 1u);
  EXPECT_THAT(session.find(Event::mismatched)->text, HasSubstr("element 1"));
  EXPECT_THAT(session.find(Event::mismatched)->text, HasSubstr("7 compiled"));
  EXPECT_EQ(session.count(Event::entered), 0u);
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(UpdateLoop::after(1.0f, kUntilCompiled)));
}

/// Rounds of neg, abs and neg of integers.
class IntegerLoop {
 public:
  explicit IntegerLoop(HotSession& session) : session_(session) {
    session_.builder.add(Op::full, 1, {},
                         make_attributes(Op::full, Shape{4}, ScalarValue(-3), DType::kInt64));
    session_.send();
  }
  void step() {
    for (const Op op : {Op::neg, Op::abs, Op::neg}) {
      Operand operand = Operand::tensor(value_, 1, true);
      operand.type.dtype = DType::kInt64;
      session_.builder.add(op, next_, {operand}, {});
      value_ = next_++;
    }
    session_.answer_reports();
    session_.send();
  }

 private:
  HotSession& session_;
  ValueId value_ = 1;
  ValueId next_ = 100;
};

TEST(HotPath, IntegersThatDifferAreToldWithBothValues) {
  HotSession session(auto_compile());
  session.prepare_compiler = [](InterpretingCompiler& compiler) {
    compiler.after = [](std::span<const Value> outputs) { outputs[0].data<std::int64_t>()[2] = 7; };
  };
  IntegerLoop loop(session);
  for (int k = 0; k < kUntilCompiled; ++k) loop.step();
  ASSERT_EQ(session.count(Event::mismatched), 1u) << session.reports();
  EXPECT_THAT(session.find(Event::mismatched)->text, HasSubstr("7 compiled, -3 eagerly"));
}

TEST(HotPath, AProgramThatCannotRunLeavesTheLoopEager) {
  HotSession session(auto_compile());
  session.prepare_compiler = [](InterpretingCompiler& compiler) {
    compiler.after = [](std::span<const Value>) { throw std::runtime_error("no memory left"); };
  };
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::failed), 1u) << session.reports();
  EXPECT_EQ(session.find(Event::failed)->text, "its program could not run: no memory left");
  EXPECT_EQ(session.count(Event::mismatched), 0u);
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(UpdateLoop::after(1.0f, kUntilCompiled)));
}

TEST(HotPath, AFailedCompilationLeavesTheLoopEager) {
  HotSession session(auto_compile());
  session.prepare_compiler = [](InterpretingCompiler& compiler) {
    compiler.before_compilation = [] { throw std::runtime_error("no registers left"); };
  };
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::failed), 1u);
  const std::string& text = session.find(Event::failed)->text;
  EXPECT_EQ(text.substr(0, text.find('\n')), "no registers left");
  EXPECT_THAT(text, HasSubstr("\n  while compiling the kernels, segment 1 of 1:\n"));
  EXPECT_THAT(text, HasSubstr("= relu(%"));
  EXPECT_THAT(session.fetch(loop.weight(), 1), Each(UpdateLoop::after(1.0f, kUntilCompiled)));
}

TEST(HotPath, ACompilerThatCannotBeLoadedIsToldWithWhatItWasFor) {
  HotSession session(auto_compile());
  session.use(make_native_engine({.memory_limit = std::size_t{1} << 30}),
              {.make = []() -> std::unique_ptr<jit::KernelCompiler> {
                throw std::runtime_error("no compiler");
              }});
  UpdateLoop loop(session);
  loop.steps(kUntilCompiled);
  ASSERT_EQ(session.count(Event::failed), 1u) << session.reports();
  EXPECT_EQ(session.find(Event::failed)->text,
            "no compiler\n  while loading the compiler: add relu mul sub");
}

TEST(HotPath, DivergenceAtEveryPlaceGivesWhatEagerExecutionGives) {
  for (int kept = 0; kept < 4; ++kept) {
    HotSession session(auto_compile());
    UpdateLoop loop(session);
    loop.steps(kUntilCompiled);
    loop.append();
    // Only the first instructions of this round are sent, then something else.
    const std::vector<std::size_t> ends = {5, 8, 12, 17};
    session.builder.words.resize(kept == 0 ? 0 : ends[static_cast<std::size_t>(kept) - 1]);
    session.builder.full(5000, {4}, 3.0);
    const float before = UpdateLoop::after(1.0f, kUntilCompiled);
    const float sum = before + 0.25f;
    const float expected[] = {before, sum, std::max(sum, 0.0f), 0.5f * std::max(sum, 0.0f)};
    const ValueId made = 100 + ValueId{4} * kUntilCompiled + static_cast<ValueId>(kept) - 1;
    const ValueId named = kept == 0 ? loop.weight() - 4 : made;
    EXPECT_THAT(session.fetch(named, 1), Each(expected[kept])) << kept;
    EXPECT_THAT(session.fetch(5000, 1), Each(3.0f)) << kept;
  }
}

}  // namespace
}  // namespace gt::worker::testing

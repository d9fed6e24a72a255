// What signals ask for is compiled, and what nobody asks for is not.
#include <gmock/gmock.h>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr int kUntilCompiled = 40;
/// Where the loop has come to by then, and the results of its kernels if all of it is in them, or
/// the sum and its relu alone.
constexpr float kFinalWeight = -0.25f, kFinalRelu = 0.0f;
constexpr std::uint16_t kSignal = 1;

/// Runs the loop, of whose instructions those of `marked` carry a signal that asks for compilation;
/// gives the kernels of its last steps: the first element of each result.
std::vector<std::vector<float>> kernels_of_last_step(
    HotSession& session, UpdateLoop& loop, std::initializer_list<Op> marked,
    const std::vector<std::string>& disabled_passes = {}) {
  std::vector<std::vector<float>> kernels;
  session.prepare_compiler = [&kernels](InterpretingCompiler& compiler) {
    compiler.after = [&kernels](std::span<const Value> outputs) {
      std::vector<float>& results = kernels.emplace_back();
      for (const Value& output : outputs) results.push_back(output.data<float>()[0]);
    };
  };
  config::Signal signal;
  signal.name = "wanted";
  signal.compile.enabled = true;
  signal.compile.disabled_passes = disabled_passes;
  session.signals.push_back({kSignal, signal});
  loop.append();
  for (protocol::KindDefinition& definition : session.builder.kinds)
    if (std::find(marked.begin(), marked.end(), definition.kind.op) != marked.end())
      definition.kind.signal = kSignal;
  session.send();
  loop.steps(kUntilCompiled);
  kernels.clear();
  loop.step();
  session.rest();
  return kernels;
}

TEST(CompiledSignals, ASignalAsksForCompilationWithoutTheSetting) {
  HotSession session({});
  UpdateLoop loop(session);
  const auto kernels = kernels_of_last_step(session, loop, {Op::add, Op::relu, Op::mul, Op::sub});
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  ASSERT_FALSE(kernels.empty());
  EXPECT_THAT(kernels, Each(ElementsAre(kFinalWeight)));
}

TEST(CompiledSignals, FusionCanBeSwitchedOffByName) {
  HotSession session({});
  UpdateLoop loop(session);
  const auto kernels =
      kernels_of_last_step(session, loop, {Op::add, Op::relu, Op::mul, Op::sub}, {"fusion"});
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  ASSERT_GE(kernels.size(), 4u);  // a kernel for each operation
  EXPECT_THAT(kernels, ::testing::Contains(ElementsAre(kFinalRelu)));
  EXPECT_THAT(kernels, ::testing::Contains(ElementsAre(kFinalWeight)));
}

TEST(CompiledSignals, WhatNobodyAsksForIsInNoKernel) {
  HotSession session({});
  UpdateLoop loop(session);
  const auto kernels = kernels_of_last_step(session, loop, {Op::add, Op::relu});
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  ASSERT_FALSE(kernels.empty());
  EXPECT_THAT(kernels, Each(ElementsAre(kFinalRelu)));
}

TEST(CompiledSignals, WhereTheSettingAsksForTheRestAllOfItIsInKernels) {
  HotSession session(auto_compile());
  UpdateLoop loop(session);
  const auto kernels = kernels_of_last_step(session, loop, {Op::add, Op::relu});
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  ASSERT_FALSE(kernels.empty());
  EXPECT_THAT(kernels, Each(ElementsAre(kFinalWeight)));
}

/// A step of sixteen operations on `x` without a shorter loop: long enough to be cut into kernels
/// in several ways.
class LongLoop {
 public:
  explicit LongLoop(HotSession& session) : session_(session) { session_.builder.full(1, {4}, 0.5); }
  void append() {
    for (Op op :
         {Op::tanh, Op::neg, Op::sigmoid, Op::abs, Op::neg, Op::abs, Op::tanh, Op::tanh,
          Op::sigmoid, Op::neg, Op::tanh, Op::abs, Op::sigmoid, Op::sigmoid, Op::abs, Op::neg}) {
      session_.builder.add(op, next_, {Operand::tensor(x_, 1, true)}, {}, 21);
      x_ = next_++;
    }
  }
  void step() {
    append();
    session_.answer_reports();
    session_.send();
  }
  [[nodiscard]] ValueId x() const noexcept { return x_; }

 private:
  HotSession& session_;
  ValueId x_ = 1;
  ValueId next_ = 100;
};

TEST(CompiledSignals, ThatTuneHaveEveryPlanAndVersionValidatedAndKeepTheResults) {
  HotSession session(auto_compile());
  config::Signal signal;
  signal.name = "tuned";
  signal.compile.mode = config::CompileMode::max_autotune;
  session.signals.push_back({kSignal, signal});
  LongLoop loop(session);
  loop.append();
  for (protocol::KindDefinition& definition : session.builder.kinds)
    definition.kind.signal = kSignal;
  session.send();
  int steps = 1;
  int validating = 0;
  for (; session.count(Event::entered) == 0 && steps < 300; ++steps) {
    loop.step();
    if (session.count(Event::ready) > 0 && session.count(Event::validated) == 0) ++validating;
  }
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  // Six versions of each kernel, in at least two plans.
  EXPECT_GE(validating, 12);
  for (; steps < 600; ++steps) loop.step();
  HotSession eager({});
  LongLoop same(eager);
  for (int k = 0; k < steps; ++k) same.step();
  EXPECT_EQ(session.fetch(loop.x(), 1), eager.fetch(same.x(), 1));
  EXPECT_EQ(session.count(Event::mismatched), 0u);
}

}  // namespace
}  // namespace gt::worker::testing

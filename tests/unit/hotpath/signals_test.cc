// What signals ask for is compiled, and what nobody asks for is not.
#include <gmock/gmock.h>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;

constexpr int kUntilCompiled = 40;
/// Where the loop has come to by then, and the results of its kernels if all of it is in them, or
/// the sum and its relu alone.
constexpr float kFinalWeight = -0.25f, kFinalRelu = 0.0f;
constexpr std::uint16_t kSignal = 1;
constexpr std::initializer_list<Op> kAll = {Op::add, Op::relu, Op::mul, Op::sub};

/// Runs the loop, of whose instructions those of `marked` carry a signal that asks for compilation;
/// gives the kernels of its last steps: the first element of each result.
std::vector<std::vector<float>> kernels_of_last_step(HotSession& session, UpdateLoop& loop,
                                                     std::initializer_list<Op> marked,
                                                     config::CompileOptions options = {}) {
  std::vector<std::vector<float>> kernels;
  session.prepare_compiler = [&kernels](InterpretingCompiler& compiler) {
    compiler.after = [&kernels](std::span<const Value> outputs) {
      std::vector<float>& results = kernels.emplace_back();
      for (const Value& output : outputs) results.push_back(output.data<float>()[0]);
    };
  };
  config::Signal signal;
  signal.name = "wanted";
  signal.compile = std::move(options);
  signal.compile.enabled = true;
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
  const auto kernels = kernels_of_last_step(session, loop, kAll);
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  ASSERT_FALSE(kernels.empty());
  EXPECT_THAT(kernels, Each(ElementsAre(kFinalWeight)));
}

TEST(CompiledSignals, FusionCanBeSwitchedOffByName) {
  HotSession session({});
  UpdateLoop loop(session);
  config::CompileOptions options;
  options.disabled_passes = {"fusion"};
  const auto kernels = kernels_of_last_step(session, loop, kAll, options);
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

TEST(CompiledSignals, WhatIsExcludedIsInNoKernel) {
  HotSession session({});
  UpdateLoop loop(session);
  config::CompileOptions options;
  options.excluded_ops = {"mul", "sub"};
  const auto kernels = kernels_of_last_step(session, loop, kAll, options);
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  ASSERT_FALSE(kernels.empty());
  EXPECT_THAT(kernels, Each(ElementsAre(kFinalRelu)));
}

/// `w = 0.25 * softmax(w + x)`: four equal weights become 1/16 each.
TEST(CompiledSignals, AnExcludedCompositeIsInNoKernelNorIsAPartOfIt) {
  HotSession session(auto_compile());
  std::vector<float> results;
  session.prepare_compiler = [&results](InterpretingCompiler& compiler) {
    compiler.after = [&results](std::span<const Value> outputs) {
      for (const Value& output : outputs) results.push_back(output.data<float>()[0]);
    };
  };
  config::Signal signal;
  signal.name = "without_softmax";
  signal.compile.excluded_ops = {"softmax"};
  session.signals.push_back({kSignal, signal});
  StreamBuilder& builder = session.builder;
  builder.full(1, {4}, 0.5).full(2, {4}, 0.0);
  ValueId weight = 2, next = 100;
  for (int step = 0; step < kUntilCompiled; ++step) {
    const ValueId sum = next++, positive = next++, shares = next++, updated = next++;
    builder.add_tensors(sum, Operand::tensor(weight, 1, true), Operand::tensor(1, 1));
    builder.add(Op::relu, positive, {Operand::tensor(sum, 1, true)}, {});
    builder.add(Op::softmax, shares, {Operand::tensor(positive, 1, true)},
                make_attributes(Op::softmax, 0, kNoDType));
    builder.add(Op::mul, updated, {Operand::tensor(shares, 1, true), Operand::scalar(0.25)}, {});
    for (protocol::KindDefinition& definition : builder.kinds) definition.kind.signal = kSignal;
    weight = updated;
    session.answer_reports();
    session.send();
  }
  session.rest();
  ASSERT_EQ(session.count(Event::entered), 1u) << session.reports();
  constexpr float kPositive = 0.5625f, kUpdated = 0.0625f;
  EXPECT_THAT(results, ::testing::Contains(kPositive));
  EXPECT_THAT(results, Each(AnyOf(kPositive, kUpdated)));
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

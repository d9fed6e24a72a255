// Errors inside compiled sequences are those of eager execution.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kUntilCompiled = 40;
const Operand kNone{{OperandMeta::Form::none, DType::kFloat64, 0}};

/// Rounds of `rows = table[index]; table += 0.5 * rows...`, in which an index is checked.
class LookUpLoop {
 public:
  explicit LookUpLoop(HotSession& session) : session_(session) {
    session_.builder.full(1, {4, 2}, 1.0);
    session_.send();
  }
  void step(std::int64_t index) {
    StreamBuilder& builder = session_.builder;
    const ValueId indices = next_++, rows = next_++, sum = next_++, updated = next_++;
    builder.add(Op::full, indices, {},
                make_attributes(Op::full, Shape{3}, ScalarValue(index), DType::kInt64));
    Operand index_operand = Operand::tensor(indices, 1, true);
    index_operand.type.dtype = DType::kInt64;
    builder.add(Op::index_select, rows, {Operand::tensor(table_, 2), index_operand},
                make_attributes(Op::index_select, std::int64_t{0}), 21);
    builder.add(Op::relu, sum, {Operand::tensor(rows, 2, true)}, {}, 22);
    builder.add(Op::mul, updated, {Operand::tensor(table_, 2, true), Operand::scalar(0.5)}, {}, 23);
    if (previous_sum_ != 0) builder.add(Op::release, 0, {Operand::tensor(previous_sum_, 2)}, {});
    previous_sum_ = sum;
    table_ = updated;
    session_.answer_reports();
    session_.send();
  }
  [[nodiscard]] ValueId table() const noexcept { return table_; }

 private:
  HotSession& session_;
  ValueId table_ = 1;
  ValueId next_ = 100;
  ValueId previous_sum_ = 0;
};

/// Rounds of `loss, sums = cross_entropy(logits, targets); logits -= its gradient`.
class ClassLoop {
 public:
  explicit ClassLoop(HotSession& session) : session_(session) {
    session_.builder.full(1, {5, 7}, 1.0);
    session_.send();
  }
  void step(std::int64_t target) {
    StreamBuilder& builder = session_.builder;
    const ValueId targets = next_++, one = next_++, grad = next_++, made = next_++;
    const ValueId loss = next_;
    next_ += 2;
    builder.add(Op::full, targets, {},
                make_attributes(Op::full, Shape{5}, ScalarValue(target), DType::kInt64));
    builder.full(one, {}, 1.0);
    Operand classes = Operand::tensor(targets, 1);
    classes.type.dtype = DType::kInt64;
    builder.add(Op::cross_entropy, loss, {Operand::tensor(logits_, 2), classes, kNone},
                make_attributes(Op::cross_entropy, std::int64_t{1}, std::int64_t{-100}, 0.0), 31);
    classes.dies = true;
    builder.add(
        Op::cross_entropy_backward, grad,
        {Operand::tensor(one, 0, true), Operand::tensor(logits_, 2), classes,
         Operand::tensor(loss + 1, 1, true), kNone},
        make_attributes(Op::cross_entropy_backward, std::int64_t{1}, std::int64_t{-100}, 0.0), 32);
    builder.add(Op::sub, made, {Operand::tensor(logits_, 2, true), Operand::tensor(grad, 2, true)},
                make_attributes(Op::sub, ScalarValue(1)), 33);
    if (loss_ != 0) builder.add(Op::release, 0, {Operand::tensor(loss_, 0)}, {});
    loss_ = loss;
    logits_ = made;
    session_.answer_reports();
    session_.send();
  }

 private:
  HotSession& session_;
  ValueId logits_ = 1;
  ValueId loss_ = 0;
  ValueId next_ = 100;
};

/// Rounds of `chances *= factor; relu(bernoulli(chances))`.
class ChanceLoop {
 public:
  explicit ChanceLoop(HotSession& session) : session_(session) {
    session_.builder.full(1, {6}, 1.0);
    session_.send();
  }
  void step(double factor) {
    StreamBuilder& builder = session_.builder;
    const ValueId made = next_++, drawn = next_++, used = next_++;
    builder.add(Op::mul, made, {Operand::tensor(chances_, 1, true), Operand::scalar(factor)}, {},
                41);
    builder.add(Op::bernoulli, drawn, {Operand::tensor(made, 1)},
                make_attributes(Op::bernoulli, std::int64_t{5}, static_cast<std::int64_t>(made)),
                42);
    builder.add(Op::relu, used, {Operand::tensor(drawn, 1, true)}, {}, 43);
    if (used_ != 0) builder.add(Op::release, 0, {Operand::tensor(used_, 1)}, {});
    used_ = used;
    chances_ = made;
    session_.answer_reports();
    session_.send();
  }
  [[nodiscard]] ValueId chances() const noexcept { return chances_; }

 private:
  HotSession& session_;
  ValueId chances_ = 1;
  ValueId used_ = 0;
  ValueId next_ = 100;
};

/// Rounds of `sum = (sum + randint(0, end)) * 0.5`.
class RangeLoop {
 public:
  explicit RangeLoop(HotSession& session) : session_(session) {
    session_.builder.full(1, {6}, 1.0);
    session_.send();
  }
  void step(std::int64_t end) {
    StreamBuilder& builder = session_.builder;
    const ValueId drawn = next_++, made = next_++, kept = next_++;
    builder.add(Op::randint, drawn, {},
                make_attributes(Op::randint, Shape{6}, std::int64_t{0}, end, DType::kFloat32,
                                std::int64_t{5}, static_cast<std::int64_t>(made)),
                51);
    builder.add(Op::add, made, {Operand::tensor(sum_, 1, true), Operand::tensor(drawn, 1, true)},
                make_attributes(Op::add, ScalarValue(1)), 52);
    builder.add(Op::mul, kept, {Operand::tensor(made, 1, true), Operand::scalar(0.5)}, {}, 53);
    sum_ = kept;
    session_.answer_reports();
    session_.send();
  }

 private:
  HotSession& session_;
  ValueId sum_ = 1;
  ValueId next_ = 100;
};

/// Kernels of machine code in place of interpreted ones.
void use_machine_code(HotSession& session) {
  session.use(make_native_engine({.memory_limit = std::size_t{1} << 30}),
              {.make = [] { return jit::load_compiler(); }});
}

/// What is told of what is refused when the loop is compiled, and when it is not.
template <class Loop>
std::vector<protocol::ErrorRecord> refused_records(std::int64_t sound, std::int64_t wrong) {
  std::vector<protocol::ErrorRecord> records;
  for (const protocol::Settings& settings : {protocol::Settings{}, auto_compile()}) {
    HotSession session(settings);
    use_machine_code(session);
    Loop loop(session);
    for (int k = 0; k < kUntilCompiled; ++k) loop.step(sound);
    EXPECT_EQ(session.count(Event::entered), settings.empty() ? 0u : 1u) << session.reports();
    loop.step(wrong);
    session.rest();
    EXPECT_EQ(session.outbox.others.reports.size(), 1u);
    if (!session.outbox.others.reports.empty()) records.push_back(session.outbox.others.reports[0]);
  }
  return records;
}

void expect_same_record(const std::vector<protocol::ErrorRecord>& records, std::string_view op,
                        std::uint32_t site) {
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].op, op);
  EXPECT_EQ(records[1].op, op);
  EXPECT_EQ(records[0].site, site);
  EXPECT_EQ(records[1].site, site);
  EXPECT_EQ(records[1].message, records[0].message);
  EXPECT_EQ(records[1].value, records[0].value);
}

/// What a program made before is there, though it wrote over what the instructions read.
TEST(CompiledErrors, AChanceThatIsNoneLeavesWhatEagerExecutionLeaves) {
  std::vector<std::vector<float>> left;
  for (const protocol::Settings& settings : {protocol::Settings{}, auto_compile()}) {
    HotSession session(settings);
    use_machine_code(session);
    ChanceLoop loop(session);
    for (int k = 0; k < kUntilCompiled; ++k) loop.step(0.99);
    EXPECT_EQ(session.count(Event::entered), settings.empty() ? 0u : 1u) << session.reports();
    loop.step(30);
    session.rest();
    ASSERT_EQ(session.outbox.others.reports.size(), 1u);
    EXPECT_EQ(session.outbox.others.reports[0].op, "bernoulli");
    EXPECT_EQ(session.outbox.others.reports[0].site, 42u);
    left.push_back(session.fetch(loop.chances(), 1));
  }
  EXPECT_EQ(left[1], left[0]);
}

TEST(CompiledErrors, AnIndexThatAKernelRefusesNamesTheOpAndTheLineThatEagerExecutionNames) {
  expect_same_record(refused_records<LookUpLoop>(2, 9), "index_select", 21);
}

TEST(CompiledErrors, ARangeThatAKernelRefusesNamesTheOpAndTheLineThatEagerExecutionNames) {
  expect_same_record(refused_records<RangeLoop>(9, 0), "randint", 51);
}

TEST(CompiledErrors, ATargetThatAKernelRefusesNamesTheOpAndTheLineThatEagerExecutionNames) {
  const auto records = refused_records<ClassLoop>(2, 7);
  expect_same_record(records, "cross_entropy", 31);
  EXPECT_THAT(records[0].message, HasSubstr("Target 7 is out of bounds."));
}

TEST(CompiledErrors, ARefusedIndexNamesTheOpAndTheLineThatEagerExecutionNames) {
  std::vector<protocol::ErrorRecord> records;
  for (const protocol::Settings& settings : {protocol::Settings{}, auto_compile()}) {
    HotSession session(settings);
    LookUpLoop loop(session);
    for (int k = 0; k < kUntilCompiled; ++k) loop.step(2);
    EXPECT_EQ(session.count(Event::entered), settings.empty() ? 0u : 1u);
    loop.step(9);
    session.rest();
    ASSERT_EQ(session.outbox.others.reports.size(), 1u);
    records.push_back(session.outbox.others.reports[0]);
  }
  EXPECT_EQ(records[0].op, "index_select");
  EXPECT_EQ(records[1].op, records[0].op);
  EXPECT_EQ(records[1].site, 21u);
  EXPECT_EQ(records[1].message, records[0].message);
  EXPECT_EQ(records[1].value, records[0].value);
}

/// Also where it is the execution in which the program is compared with the instructions.
TEST(CompiledErrors, AnErrorAtAnyRoundSaysNothingOfTheProgram) {
  for (int wrong = 0; wrong < kUntilCompiled; ++wrong) {
    SCOPED_TRACE("round " + std::to_string(wrong));
    HotSession session(auto_compile());
    LookUpLoop loop(session);
    for (int k = 0; k < 2 * kUntilCompiled; ++k) loop.step(k == wrong ? 9 : 2);
    EXPECT_EQ(session.count(Event::mismatched), 0u) << session.reports();
    EXPECT_EQ(session.count(Event::failed), 0u) << session.reports();
    EXPECT_GE(session.count(Event::entered), 1u) << session.reports();
  }
}

TEST(CompiledErrors, WhatDoesNotDependOnTheErrorIsComputed) {
  HotSession session(auto_compile());
  LookUpLoop loop(session);
  for (int k = 0; k < kUntilCompiled; ++k) loop.step(2);
  loop.step(9);
  const std::vector<float> table = session.fetch(loop.table(), 2);
  EXPECT_EQ(table[0], std::ldexp(1.0f, -kUntilCompiled - 1));
}

TEST(CompiledErrors, AKernelThatThrowsPoisonsWhatItWouldHaveMade) {
  HotSession session(auto_compile());
  int kernels = 0;
  session.prepare_compiler = [&kernels](InterpretingCompiler& compiler) {
    compiler.after = [&kernels](std::span<const Value>) {
      if (++kernels == 5) throw std::runtime_error("a kernel gave up");
    };
  };
  UpdateLoop loop(session);
  for (int k = 0; k < kUntilCompiled; ++k) loop.step();
  session.rest();
  ASSERT_FALSE(session.outbox.others.reports.empty());
  EXPECT_THAT(session.outbox.others.reports[0].message, HasSubstr("a kernel gave up"));
  EXPECT_EQ(session.outbox.others.reports.size(), 1u);
}

}  // namespace
}  // namespace gt::worker::testing

// Random loops with noise between their rounds, sent to a session that compiles and to one that
// does not.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {

/// An instruction of the body of a loop: operands are variables (below kVariables) or earlier
/// results of the round.
struct BodyInstruction {
  Op op = Op::add;
  std::vector<std::size_t> operands;
  int variable = -1;  ///< that takes the result
  int free_mode = 0;  ///< 0: dies with its last use; 1: released after it; 2: in the next round
  bool is_fetched = false;
};

class RandomProgram {
 public:
  RandomProgram(std::uint64_t seed, HotSession& eager, HotSession& hot)
      : random_(seed), eager_(eager), hot_(hot) {
    for (ValueId& variable : variables_) {
      variable = next_++;
      builder_.full(variable, {4}, uniform(-2.0, 2.0));
    }
    make_body();
  }

  void run(int rounds) {
    for (int k = 0; k < rounds; ++k) {
      round(chance(0.05) ? below(body_.size()) : body_.size());
      if (chance(0.08)) noise();
      if (chance(0.1)) cut(chance(0.5));
      if (chance(0.05)) rest();
    }
    release_all(late_);
    for (ValueId variable : variables_) fetch(variable);
    cut(true);
  }

  /// That all instructions of the session that compiles are given; 0 for none.
  std::uint16_t signal = 0;

  void expect_same() {
    const auto& a = eager_.outbox.others.replies;
    const auto& b = hot_.outbox.others.replies;
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < a.size(); ++k) {
      EXPECT_EQ(a[k].request, b[k].request);
      ASSERT_FALSE(a[k].failed) << a[k].error.message;
      ASSERT_FALSE(b[k].failed) << b[k].error.message;
      EXPECT_EQ(a[k].bytes, b[k].bytes) << "fetch " << k << " of " << a.size();
    }
    EXPECT_EQ(eager_.executor->live_values(1), hot_.executor->live_values(1));
    EXPECT_TRUE(hot_.outbox.others.reports.empty());
  }

 private:
  static constexpr std::size_t kVariables = 3;
  static constexpr std::uint8_t kRank = 1;

  bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
  double uniform(double low, double high) {
    return std::uniform_real_distribution<>(low, high)(random_);
  }
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  void make_body() {
    const std::size_t length = 3 + below(10);
    for (std::size_t k = 0; k < length; ++k) {
      BodyInstruction instruction;
      const Op ops[] = {Op::add, Op::mul, Op::sub, Op::relu, Op::sigmoid, Op::maximum};
      instruction.op = ops[below(6)];
      const bool is_unary = instruction.op == Op::relu || instruction.op == Op::sigmoid;
      for (int o = 0; o < (is_unary ? 1 : 2); ++o)
        instruction.operands.push_back(chance(0.5) ? below(kVariables + k) : below(kVariables));
      if (chance(0.3)) instruction.variable = static_cast<int>(below(kVariables));
      instruction.free_mode = static_cast<int>(below(3));
      instruction.is_fetched = chance(0.05);
      body_.push_back(instruction);
    }
    // A bounded map of one variable, so that values stay finite.
    body_.push_back({Op::sigmoid, {0}, 0, 0, false});
    body_.push_back({Op::sigmoid, {1}, 1, 1, false});
    body_.push_back({Op::sigmoid, {2}, 2, 2, false});
  }

  void round(std::size_t length) {
    release_all(late_);
    std::vector<ValueId> results;
    std::map<ValueId, std::size_t> temporaries;  // that die here, by the instruction that made them
    for (std::size_t k = 0; k < length; ++k) {
      const BodyInstruction& instruction = body_[k];
      std::vector<Operand> operands;
      for (std::size_t operand : instruction.operands) {
        const ValueId id =
            operand < kVariables ? variables_[operand] : results[operand - kVariables];
        operands.push_back(Operand::tensor(id, kRank));
        // The last use of a temporary, with the bit that says so.
        if (operand >= kVariables && is_last_use(operand - kVariables, k, length) &&
            instruction.operands.size() == 1 && temporaries.contains(id) &&
            body_[operand - kVariables].free_mode == 0) {
          operands.back().dies = true;
          temporaries.erase(id);
        }
      }
      const ValueId made = next_++;
      builder_.add(instruction.op, made, operands, attributes_of(instruction.op));
      results.push_back(made);
      if (instruction.is_fetched) fetch(made);
      if (instruction.variable >= 0) {
        const ValueId old =
            std::exchange(variables_[static_cast<std::size_t>(instruction.variable)], made);
        dispose(old, instruction.free_mode);
      } else {
        temporaries[made] = k;
      }
      for (auto it = temporaries.begin(); it != temporaries.end();) {
        const bool is_over = body_[it->second].free_mode == 1 && is_last_use(it->second, k, length);
        if (is_over) release(it->first);
        it = is_over ? temporaries.erase(it) : std::next(it);
      }
      if (chance(0.02)) cut(chance(0.3));
    }
    for (const auto& [id, made] : temporaries) dispose(id, body_[made].free_mode);
  }

  /// Whether nobody uses result `result` after instruction `at` of a round of that length.
  [[nodiscard]] bool is_last_use(std::size_t result, std::size_t at, std::size_t length) const {
    for (std::size_t k = at + 1; k < length; ++k)
      for (std::size_t operand : body_[k].operands)
        if (operand == kVariables + result) return false;
    return true;
  }

  static Attributes attributes_of(Op op) {
    if (op == Op::add || op == Op::sub) return make_attributes(op, ScalarValue(1));
    return {};
  }

  /// A value may still be an operand of what follows in its round: it ends in the next one then.
  void dispose(ValueId id, int) { late_.push_back(id); }
  void release(ValueId id) { builder_.add(Op::release, 0, {Operand::tensor(id, kRank)}, {}); }
  void release_all(std::vector<ValueId>& ids) {
    for (ValueId id : std::exchange(ids, {})) release(id);
  }
  void fetch(ValueId id) {
    builder_.fetch(Operand::tensor(id, kRank), ++request_);
    cut(true);
  }
  void noise() {
    const ValueId made = next_++;
    builder_.full(made, {4}, 1.5);
    if (chance(0.5)) {
      builder_.add(Op::relu, next_, {Operand::tensor(variables_[below(kVariables)], kRank)}, {});
      release(next_++);
    }
    release(made);
  }

  /// What was built so far becomes a batch of both sessions.
  void cut(bool mark) {
    for (HotSession* session : {&eager_, &hot_}) {
      session->builder.kinds = builder_.kinds;
      session->builder.words = builder_.words;
    }
    for (protocol::KindDefinition& definition : hot_.builder.kinds) definition.kind.signal = signal;
    builder_.kinds.clear();
    builder_.words.clear();
    if (chance(0.8)) hot_.answer_reports();
    eager_.send(mark);
    hot_.send(mark);
  }
  void rest() {
    cut(false);
    hot_.rest();
  }

  std::mt19937_64 random_;
  HotSession& eager_;
  HotSession& hot_;
  StreamBuilder builder_{InstructionForm::planned};
  std::array<ValueId, kVariables> variables_{};
  std::vector<BodyInstruction> body_;
  std::vector<ValueId> late_;
  ValueId next_ = 1;
  std::uint64_t request_ = 0;
};

}  // namespace gt::worker::testing

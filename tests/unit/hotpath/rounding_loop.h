// A loop that engines round differently, for those whose rows do not give the bits of kernels.
#pragma once

#include <cmath>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {

/// `w -= 0.1 * mean(tanh(w + x))` over rows of `shape`, step by step.
class RoundingLoop {
 public:
  explicit RoundingLoop(HotSession& session) : session_(session) {
    session_.builder.full(1, kShape, 0.3).full(2, kShape, 1.0);
    session_.send();
  }
  void steps(int count) {
    for (int k = 0; k < count; ++k) {
      append();
      session_.answer_reports();
      session_.send();
    }
  }
  [[nodiscard]] ValueId weight() const noexcept { return weight_; }
  [[nodiscard]] static float after(int steps) {
    double weight = 1.0;
    for (; steps > 0; --steps) weight -= 0.1 * std::tanh(weight + 0.3);
    return static_cast<float>(weight);
  }
  static constexpr float kTolerance = 1e-4F;

 private:
  void append() {
    StreamBuilder& builder = session_.builder;
    const ValueId sum = next_++, bent = next_++, mean = next_++, scaled = next_++, made = next_++;
    builder.add_tensors(sum, Operand::tensor(weight_, 2), Operand::tensor(1, 2), 11);
    builder.add(Op::tanh, bent, {Operand::tensor(sum, 2, true)}, {}, 12);
    builder.add(Op::mean, mean, {Operand::tensor(bent, 2, true)},
                make_attributes(Op::mean, Shape{1}, true, kNoDType), 13);
    builder.add(Op::mul, scaled, {Operand::tensor(mean, 2, true), Operand::scalar(0.1)}, {}, 14);
    builder.add(Op::sub, made,
                {Operand::tensor(weight_, 2, true), Operand::tensor(scaled, 2, true)},
                make_attributes(Op::sub, ScalarValue(1)), 15);
    weight_ = made;
  }

  inline static const Shape kShape{16, 1000};
  HotSession& session_;
  ValueId weight_ = 2;
  ValueId next_ = 100;
};

/// Runs the loop until it is compiled and further on, and looks at the result.
inline void expect_rounding_loop_compiles(HotSession& session) {
  constexpr int kSteps = 60;
  RoundingLoop loop(session);
  loop.steps(kSteps);
  EXPECT_EQ(session.count(Event::validated), 1u) << session.reports();
  EXPECT_EQ(session.count(Event::entered), 1u) << session.reports();
  EXPECT_EQ(session.count(Event::mismatched), 0u) << session.reports();
  for (float element : session.fetch(loop.weight(), 2))
    ASSERT_NEAR(element, RoundingLoop::after(kSteps), RoundingLoop::kTolerance);
}

}  // namespace gt::worker::testing

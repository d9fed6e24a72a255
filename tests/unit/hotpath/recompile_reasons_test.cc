// What is said where the same operations are compiled again for something else (G24).
#include <gmock/gmock.h>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

/// Rounds of relu, a sum over `dim`, and tanh, each of a value that stays.
class SumLoop {
 public:
  explicit SumLoop(HotSession& session) : session_(session) {
    session_.builder.full(1, {4, 4}, 0.5);
    session_.builder.add(Op::to, 2, {Operand::tensor(1, 2)},
                         make_attributes(Op::to, DType::kFloat64));
    session_.send();
  }
  void steps(int count, DType dtype, std::int64_t dim) {
    for (int k = 0; k < count; ++k) {
      const auto tensor = [dtype](ValueId id, std::uint8_t rank, bool dies) {
        Operand operand = Operand::tensor(id, rank, dies);
        operand.type.dtype = dtype;
        return operand;
      };
      StreamBuilder& builder = session_.builder;
      const ValueId positive = next_++, summed = next_++, bent = next_++;
      builder.add(Op::relu, positive, {tensor(dtype == DType::kFloat64 ? 2 : 1, 2, false)}, {});
      builder.add(Op::sum, summed, {tensor(positive, 2, true)},
                  make_attributes(Op::sum, Shape{dim}, false, kNoDType));
      builder.add(Op::tanh, bent, {tensor(summed, 1, true)}, {}).drop_result();
      session_.answer_reports();
      session_.send();
    }
  }

 private:
  HotSession& session_;
  ValueId next_ = 100;
};

constexpr int kUntilCompiled = 40;

TEST(RecompileReasons, G24ADtypeThatChangedIsNamed) {
  HotSession session(auto_compile());
  SumLoop loop(session);
  loop.steps(kUntilCompiled, DType::kFloat32, 0);
  ASSERT_EQ(session.count(Event::recompiling), 0u) << session.reports();
  loop.steps(kUntilCompiled, DType::kFloat64, 0);
  ASSERT_EQ(session.count(Event::recompiling), 1u) << session.reports();
  EXPECT_THAT(session.find(Event::recompiling)->text,
              MatchesRegex(
                  "the operations of [0-9a-f]{12}, but operand 0 of relu is float64, was float32"));
}

TEST(RecompileReasons, G24AnAttributeThatChangedIsNamed) {
  HotSession session(auto_compile());
  SumLoop loop(session);
  loop.steps(kUntilCompiled, DType::kFloat32, 0);
  loop.steps(kUntilCompiled, DType::kFloat32, 1);
  ASSERT_EQ(session.count(Event::recompiling), 1u) << session.reports();
  EXPECT_THAT(session.find(Event::recompiling)->text, HasSubstr("sum with another dim"));
}

}  // namespace
}  // namespace gt::worker::testing

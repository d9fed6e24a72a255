// Loops whose sizes change: one program serves them all.
#include <gmock/gmock.h>

#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

/// Rounds over a new (n, 2) value each: fill, relu, scale, and a sum kept as value `total()`.
class BatchLoop {
 public:
  explicit BatchLoop(HotSession& session) : session_(session) {
    session_.builder.full(1, {1, 2}, 0.0);
    session_.send();
  }
  void step(std::int64_t n) {
    begin(n);
    session_.send(true);  // what comes from outside is no part of the loop
    end(n, false);
    session_.send(true);
  }
  /// Nobody waits; what is scaled may be kept until the next step.
  void stream(std::int64_t n, bool keeps_scaled) {
    begin(n);
    end(n, keeps_scaled);
    session_.send();
  }
  [[nodiscard]] ValueId total() const noexcept { return total_; }
  [[nodiscard]] float expected() const noexcept { return expected_; }

 private:
  void begin(std::int64_t n) {
    session_.answer_reports();
    batch_ = next_++;
    session_.builder.full(batch_, {n, 2}, 0.5);
  }
  void end(std::int64_t n, bool keeps_scaled) {
    StreamBuilder& builder = session_.builder;
    const ValueId positive = next_++, scaled = next_++, summed = next_++, updated = next_++;
    builder.add(Op::relu, positive, {Operand::tensor(batch_, 2, true)}, {});
    builder.add(Op::mul, scaled, {Operand::tensor(positive, 2, true), Operand::scalar(2.0)}, {});
    builder.add(Op::sum, summed, {Operand::tensor(scaled, 2, !keeps_scaled)},
                make_attributes(Op::sum, Shape{0}, true, DType::kFloat32));
    builder.add(Op::add, updated,
                {Operand::tensor(total_, 2, true), Operand::tensor(summed, 2, true)},
                make_attributes(Op::add, ScalarValue(1)));
    if (kept_ != 0) builder.add(Op::release, 0, {Operand::tensor(kept_, 2)}, {});
    kept_ = keeps_scaled ? scaled : 0;
    total_ = updated;
    expected_ += static_cast<float>(n);
  }

  HotSession& session_;
  ValueId batch_ = 0;
  ValueId total_ = 1;
  ValueId kept_ = 0;
  ValueId next_ = 100;
  float expected_ = 0;
};

TEST(SymbolicSizes, AfterOneChangeAnySizeRunsCompiled) {
  HotSession session(auto_compile());
  BatchLoop loop(session);
  for (int k = 0; k < 30; ++k) loop.step(64);
  for (int k = 0; k < 30; ++k) loop.step(128);
  const std::size_t left = session.count(Event::left);
  const std::size_t compilations = session.count(Event::compiling);
  ASSERT_EQ(session.count(Event::recompiling), 1u) << session.reports();
  EXPECT_THAT(session.find(Event::recompiling)->text, HasSubstr("was 64, is 128"));
  for (std::int64_t n : {256, 3, 2, 77, 64, 128})
    for (int k = 0; k < 5; ++k) loop.step(n);
  EXPECT_EQ(session.count(Event::compiling), compilations) << session.reports();
  EXPECT_EQ(session.count(Event::mismatched), 0u);
  EXPECT_EQ(session.count(Event::left), left) << session.reports();
  EXPECT_THAT(session.fetch(loop.total(), 2), Each(loop.expected()));
}

TEST(SymbolicSizes, G41SizesThatChangeFromTheBeginningAreCompiledOnce) {
  HotSession session(auto_compile());
  BatchLoop loop(session);
  for (int k = 0; k < 60; ++k) loop.step(std::int64_t{64} << (k % 3));
  EXPECT_EQ(session.count(Event::compiling), 1u) << session.reports();
  EXPECT_EQ(session.count(Event::recompiling), 0u) << session.reports();
  EXPECT_EQ(session.count(Event::entered), 1u) << session.reports();
  EXPECT_EQ(session.count(Event::left), 0u) << session.reports();
  EXPECT_THAT(session.fetch(loop.total(), 2), Each(loop.expected()));
}

TEST(SymbolicSizes, LivesThatDifferAreWidenedForAnySizeToo) {
  HotSession session(auto_compile());
  BatchLoop loop(session);
  for (int k = 0; k < 40; ++k) loop.stream(std::int64_t{64} << (k % 3), false);
  ASSERT_EQ(session.count(Event::compiling), 1u) << session.reports();
  for (int k = 0; k < 40; ++k) loop.stream(std::int64_t{64} << (k % 3), true);
  EXPECT_EQ(session.count(Event::compiling), 2u) << session.reports();
  ASSERT_EQ(session.count(Event::recompiling), 1u) << session.reports();
  EXPECT_EQ(session.find(Event::recompiling)->text, "other values are alive after it");
  const std::size_t left = session.count(Event::left);
  for (int k = 0; k < 40; ++k) loop.stream(std::int64_t{64} << (k % 3), k % 2 == 0);
  EXPECT_EQ(session.count(Event::compiling), 2u) << session.reports();
  EXPECT_EQ(session.count(Event::left), left) << session.reports();
  EXPECT_THAT(session.fetch(loop.total(), 2), Each(loop.expected()));
}

TEST(SymbolicSizes, ALastBatchThatIsSmallerLeavesTheSizesOfTheFirstProgram) {
  HotSession session(auto_compile());
  BatchLoop loop(session);
  for (int k = 0; k < 60; ++k) loop.step(k % 12 == 11 ? 17 : 64);
  EXPECT_EQ(session.count(Event::compiling), 1u) << session.reports();
  for (int k = 0; k < 2; ++k) loop.step(17);
  EXPECT_EQ(session.count(Event::left), 1u) << "it serves 17 too:\n" << session.reports();
  EXPECT_THAT(session.fetch(loop.total(), 2), Each(loop.expected()));
}

TEST(SymbolicSizes, MoreSizesThanAreKeptPreparedTakeTurns) {
  constexpr std::int64_t kKept = 16;
  HotSession session(auto_compile());
  BatchLoop loop(session);
  for (int k = 0; k < 30; ++k) loop.step(64);
  for (int k = 0; k < 30; ++k) loop.step(128);
  for (std::int64_t n = 2; n < 60; ++n) {
    loop.step(n);
    if (n > kKept) loop.step(n - kKept + 1);  // the one that makes room for the next
  }
  EXPECT_EQ(session.count(Event::mismatched), 0u);
  EXPECT_THAT(session.fetch(loop.total(), 2), Each(loop.expected()));
}

TEST(SymbolicSizes, ASizeOfOneIsRunEagerly) {
  HotSession session(auto_compile());
  BatchLoop loop(session);
  for (int k = 0; k < 30; ++k) loop.step(64);
  for (int k = 0; k < 30; ++k) loop.step(128);
  loop.step(1);
  loop.step(64);
  EXPECT_THAT(session.fetch(loop.total(), 2), Each(loop.expected()));
}

}  // namespace
}  // namespace gt::worker::testing

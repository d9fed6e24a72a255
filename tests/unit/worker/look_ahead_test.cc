// Values that end after the instruction that uses them last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/executor_testing.h"
#include "worker/engine/native/native_engine.h"

namespace gt::worker::testing {
namespace {

using ::testing::Each;

/// Counts what the engine may overwrite.
class LookAhead : public ::testing::Test {
 protected:
  static constexpr std::int64_t kRows = 1000;
  static constexpr std::int64_t kWidth = 64;

  protocol::PlannedBatch take_batch() {
    protocol::PlannedBatch batch;
    batch.session = 1;
    batch.sequence = ++sequence_;
    batch.kinds = std::exchange(builder_.kinds, {});
    batch.words = std::exchange(builder_.words, {});
    return batch;
  }
  void run() {
    while (executor_.step()) {
    }
  }
  /// Value `made` is value `base` with a row replaced by value 2.
  void write_row(ValueId base, ValueId made, bool dies = false) {
    builder_.add(Op::select_scatter, made, {Operand::tensor(base, 2, dies), Operand::tensor(2, 1)},
                 make_attributes(Op::select_scatter, 0, 5));
  }
  void release(ValueId id) { builder_.add(Op::release, 0, {Operand::tensor(id, 2)}, {}); }
  void start() {
    builder_.full(1, Shape{kRows, kWidth}, 1).full(2, Shape{kWidth}, 2);
    executor_.add(take_batch());
    run();
    in_use_ = engine_->allocator().bytes_in_use();
  }

  std::unique_ptr<Engine> engine_ = make_native_engine({.memory_limit = std::size_t{1} << 30});
  RecordingOutbox outbox_;
  Executor executor_{*engine_, outbox_};
  StreamBuilder builder_{InstructionForm::planned};
  std::uint64_t sequence_ = 0;
  std::size_t in_use_ = 0;
};

TEST_F(LookAhead, AWriteTakesTheMemoryOfAValueThatEndsInTheNextBatch) {
  start();
  write_row(1, 3);
  executor_.add(take_batch());
  release(1);
  executor_.add(take_batch());
  executor_.step();
  EXPECT_EQ(engine_->allocator().bytes_in_use(), in_use_);
  builder_.fetch(Operand::tensor(3, 2), 7);
  executor_.add(take_batch());
  run();
  ASSERT_EQ(outbox_.payloads.size(), 1u);
  const std::vector<float> values = floats(outbox_.payloads[0]);
  EXPECT_THAT(std::vector(values.begin(), values.begin() + 5 * kWidth), Each(1.0f));
  EXPECT_THAT(std::vector(values.begin() + 5 * kWidth, values.begin() + 6 * kWidth), Each(2.0f));
}

TEST_F(LookAhead, AValueThatIsReadBeforeItEndsIsCopied) {
  start();
  write_row(1, 3);
  executor_.add(take_batch());
  builder_.fetch(Operand::tensor(1, 2), 7);
  release(1);
  executor_.add(take_batch());
  run();
  EXPECT_THAT(floats(outbox_.payloads.at(0)), Each(1.0f));
}

TEST_F(LookAhead, AValueOfWhichNothingIsSaidIsCopied) {
  start();
  write_row(1, 3);
  executor_.add(take_batch());
  run();
  builder_.fetch(Operand::tensor(1, 2), 7);
  executor_.add(take_batch());
  run();
  EXPECT_THAT(floats(outbox_.payloads.at(0)), Each(1.0f));
}

TEST_F(LookAhead, AFailedWriteLeavesTheValueThatEndsNextToItsPoison) {
  start();
  builder_.add(Op::select_scatter, 3, {Operand::tensor(1, 2), Operand::tensor(2, 1)},
               make_attributes(Op::select_scatter, 0, 5000));
  executor_.add(take_batch());
  release(1);
  executor_.add(take_batch());
  run();
  EXPECT_EQ(outbox_.reports.size(), 1u);
  EXPECT_EQ(engine_->allocator().bytes_in_use(), in_use_);
}

}  // namespace
}  // namespace gt::worker::testing

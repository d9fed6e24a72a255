// What an instruction costs once it has been seen: no memory from the heap.
#include <gtest/gtest.h>

#include "tests/unit/allocation_counter.h"
#include "tests/unit/worker/executor_testing.h"
#include "worker/engine/native/native_engine.h"

namespace gt::worker::testing {
namespace {

using gt::testing::allocations;

class SteadyState : public ::testing::Test {
 protected:
  static constexpr int kInstructions = 100;

  protocol::PlannedBatch take_batch() {
    protocol::PlannedBatch batch;
    batch.session = 1;
    batch.sequence = ++sequence_;
    batch.kinds = std::exchange(builder_.kinds, {});
    batch.words = std::exchange(builder_.words, {});
    return batch;
  }

  /// Allocations of a batch of `kInstructions` calls of `append` after an equal one; those of the
  /// batch itself do not grow with it.
  template <class Append>
  std::size_t allocations_of_second_batch(Append append) {
    std::size_t count = 0;
    for (int batch = 0; batch < 2; ++batch) {
      for (int k = 0; k < kInstructions; ++k) append(next_++);
      protocol::PlannedBatch planned = take_batch();
      const std::size_t before = allocations();
      executor_.add(std::move(planned));
      while (executor_.step()) {
      }
      count = allocations() - before;
    }
    return count;
  }

  std::unique_ptr<Engine> engine_ = make_native_engine({.memory_limit = std::size_t{1} << 30});
  RecordingOutbox outbox_;
  Executor executor_{*engine_, outbox_};
  StreamBuilder builder_{InstructionForm::planned};
  std::uint64_t sequence_ = 0;
  ValueId next_ = 100;
};

TEST_F(SteadyState, AnAddAndTheReleaseOfItsResultAllocateNothing) {
  builder_.full(1, Shape{8}, 1).full(2, Shape{8}, 2);
  const std::size_t count = allocations_of_second_batch([&](ValueId id) {
    builder_.add_tensors(id, Operand::tensor(1, 1), Operand::tensor(2, 1));
    builder_.add(Op::release, 0, {Operand::tensor(id, 1)}, {});
  });
  EXPECT_LT(count, static_cast<std::size_t>(kInstructions) / 10);
}

TEST_F(SteadyState, AChainOfUpdatesInPlaceAllocatesNothing) {
  builder_.full(99, Shape{8}, 1).full(2, Shape{8}, 2);
  const std::size_t count = allocations_of_second_batch([&](ValueId id) {
    builder_.add_tensors(id, Operand::tensor(id - 1, 1, true), Operand::tensor(2, 1));
  });
  EXPECT_LT(count, static_cast<std::size_t>(kInstructions) / 10);
}

TEST_F(SteadyState, AScalarThatIsNeverTheSameAllocatesNothing) {
  builder_.full(1, Shape{8}, 1);
  const std::size_t count = allocations_of_second_batch([&](ValueId id) {
    builder_.add_tensors(id, Operand::tensor(1, 1), Operand::scalar(static_cast<double>(id)));
    builder_.add(Op::release, 0, {Operand::tensor(id, 1)}, {});
  });
  EXPECT_LT(count, static_cast<std::size_t>(kInstructions) / 10);
}

TEST_F(SteadyState, ReductionsAndViewsAllocateNothing) {
  builder_.full(1, Shape{4, 8}, 1);
  const Shape every;
  const std::size_t count = allocations_of_second_batch([&](ValueId id) {
    builder_.add(Op::reshape, 2 * id, {Operand::tensor(1, 2)},
                 make_attributes(Op::reshape, Shape{8, 4}));
    builder_.add(Op::sum, 2 * id + 1, {Operand::tensor(2 * id, 2, true)},
                 make_attributes(Op::sum, every, false, kNoDType));
    builder_.add(Op::release, 0, {Operand::tensor(2 * id + 1, 0)}, {});
  });
  EXPECT_LT(count, static_cast<std::size_t>(kInstructions) / 10);
}

}  // namespace
}  // namespace gt::worker::testing

// The steady state of the dispatcher allocates by the batch, not by the instruction.
#include <gtest/gtest.h>

#include "tests/unit/allocation_counter.h"
#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

constexpr PeerId kWorker = 1;
constexpr PeerId kClient = 10;

class Allocations : public ::testing::Test {
 protected:
  Allocations() {
    run(MessageReceived{kWorker, protocol::WorkerHello{}});
    run(MessageReceived{kClient, protocol::ClientHello{}});
    a_ = writer_.upload_inline({8});
    sum_ = writer_.add(a_, a_);
  }

  std::size_t run(Event event) {
    const std::size_t before = gt::testing::allocations();
    static_cast<void>(core_.apply(std::move(event)));
    while (core_.has_more()) static_cast<void>(core_.apply(Proceed{}));
    return gt::testing::allocations() - before;
  }
  /// A batch of so many adds, each followed by the release of the sum before; how often the core
  /// allocated for it.
  std::size_t run_adds(int count) {
    for (int k = 0; k < count; ++k) {
      const ValueId next = writer_.add(a_, a_);
      writer_.release(sum_);
      sum_ = writer_.relu(next, {0});
    }
    return run(MessageReceived{kClient, writer_.take()});
  }

  Core core_{{}};
  LaneWriter writer_;
  ValueId a_ = 0;
  ValueId sum_ = 0;
};

TEST_F(Allocations, DoNotGrowWithTheInstructionsOfABatch) {
  run_adds(1000);
  const std::size_t of_few = run_adds(10);
  constexpr std::size_t kOfTurns = 40;  // some for each 512 of the 3000 instructions
  EXPECT_LE(run_adds(1000), of_few + kOfTurns);
}

TEST_F(Allocations, OfAnInstructionThatIsNewGrowWithTheBatch) {
  std::size_t few = 0, many = 0;
  for (int count : {10, 500}) {
    for (int k = 0; k < count; ++k) writer_.upload_inline({8 + k});
    (count == 10 ? few : many) = run(MessageReceived{kClient, writer_.take()});
  }
  EXPECT_GT(many, few + 100) << "the counter counts";
}

}  // namespace
}  // namespace gt::dispatcher::testing

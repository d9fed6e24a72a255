// Memory that executions of a program ask for in the steady state: none.
#include <gmock/gmock.h>

#include <set>

#include "tests/unit/hotpath/hot_session.h"
#include "worker/engine/native/pooled_allocator.h"

namespace gt::worker::testing {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

constexpr int kUntilSteady = 800;

/// A session whose program runs, and what its kernels do there.
class ProgramMemory : public ::testing::Test {
 protected:
  ProgramMemory() {
    session_.prepare_compiler = [this](InterpretingCompiler& made) {
      compiler_ = &made;
      made.after = [this](std::span<const Value> outputs) {
        for (const Value& output : outputs) written_.insert(output.bytes());
      };
    };
  }
  void make_steady() {
    loop_.steps(kUntilSteady);
    ASSERT_GE(session_.count(Event::entered), 1u) << session_.reports();
    written_.clear();
  }
  /// How often the session asks the heap for memory in a batch of so many executions, besides what
  /// the kernels of the test ask for.
  std::size_t allocations_of(int executions) {
    for (int k = 0; k < executions; ++k) loop_.append();
    const std::size_t before = session_.allocations - compiler_->allocations;
    session_.send();
    return session_.allocations - compiler_->allocations - before;
  }

  HotSession session_{auto_compile()};
  UpdateLoop loop_{session_};
  InterpretingCompiler* compiler_ = nullptr;
  std::set<const std::byte*> written_;  ///< by kernels
};

TEST_F(ProgramMemory, TheHeapIsNotAskedInTheSteadyState) {
#ifdef GT_SANITIZED
  GTEST_SKIP() << "pools keep nothing under sanitizers";
#endif
  make_steady();
  static_cast<void>(allocations_of(20));
  const std::size_t of_few = allocations_of(10);
  EXPECT_EQ(allocations_of(20), of_few);
}

TEST_F(ProgramMemory, TheAllocatorMakesNoBlocksInTheSteadyState) {
  make_steady();
  const auto& allocator = dynamic_cast<const PooledAllocator&>(session_.engine->allocator());
  const auto bytes = [&] { return allocator.bytes_in_use() + allocator.bytes_cached(); };
  const std::size_t before = bytes();
  loop_.steps(20);
  EXPECT_EQ(bytes(), before);
}

TEST_F(ProgramMemory, NothingIsHeldForAProgramWhileEagerExecutionHasItsTurn) {
  while (session_.count(Event::entered) == 0) loop_.step();
  loop_.step();
  const auto& allocator = session_.engine->allocator();
  const std::size_t before = allocator.bytes_in_use();
  for (int k = 0; k < 8; ++k) {
    loop_.step();
    EXPECT_EQ(allocator.bytes_in_use(), before) << "step " << k;
  }
}

TEST_F(ProgramMemory, ACarriedValueStaysWhereItIs) {
  make_steady();
  loop_.steps(20);
  EXPECT_THAT(written_, SizeIs(1));
  EXPECT_THAT(session_.fetch(loop_.weight(), 1), Each(UpdateLoop::after(1.0f, kUntilSteady + 20)));
}

}  // namespace
}  // namespace gt::worker::testing

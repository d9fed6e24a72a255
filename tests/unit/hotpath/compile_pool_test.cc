#include "worker/hotpath/compile_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>

namespace gt::worker::hotpath {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A compiler that is not there: its maker waits for the gate the first time, and then says so.
class CompilePoolTest : public ::testing::Test {
 protected:
  /// Threads that are left behind have it for longer than the test.
  struct Maker {
    std::atomic<int> calls = 0;
    std::promise<void> gate;
  };

  CompilerSetup setup(std::chrono::milliseconds limit) {
    CompilerSetup made;
    made.time_limit = made.patience = limit;
    made.make = [maker = maker_]() -> std::unique_ptr<jit::KernelCompiler> {
      if (maker->calls.fetch_add(1) == 0) maker->gate.get_future().wait();
      throw CommonError(ErrorKind::kInternal, "no compiler");
    };
    return made;
  }
  static CompileResult wait_for(CompilePool& pool, CompilePool::Ticket ticket) {
    for (int tries = 0; tries < 30'000; ++tries) {
      if (std::optional<CompileResult> result = pool.take(ticket)) return std::move(*result);
      std::this_thread::sleep_for(1ms);
    }
    ADD_FAILURE() << "no result";
    return {};
  }

  void open_gate() { maker_->gate.set_value(); }

 private:
  std::shared_ptr<Maker> maker_ = std::make_shared<Maker>();
};

TEST_F(CompilePoolTest, AResultSaysWhyThereIsNoCompiler) {
  open_gate();
  CompilePool pool(setup(1min));
  const auto ticket = pool.submit({}, {});
  EXPECT_THAT(wait_for(pool, ticket.value()).error, HasSubstr("no compiler"));
}

TEST_F(CompilePoolTest, ARecordingThatTakesTooLongFailsAndTheNextIsTaken) {
  CompilePool pool(setup(50ms));
  const auto first = pool.submit({}, {});
  const auto second = pool.submit({}, {});
  EXPECT_THAT(wait_for(pool, first.value()).error, HasSubstr("took longer than"));
  EXPECT_THAT(wait_for(pool, second.value()).error, HasSubstr("no compiler"));
  open_gate();
}

TEST_F(CompilePoolTest, EndsThoughARecordingDoesNot) {
  {
    CompilePool pool(setup(50ms));
    static_cast<void>(pool.submit({}, {}));
  }
  open_gate();
}

TEST_F(CompilePoolTest, EndsWithoutARecordingThatTakesLongerThanItsPatience) {
  {
    CompilerSetup impatient = setup(10min);
    impatient.patience = 1ms;
    CompilePool pool(std::move(impatient));
    static_cast<void>(pool.submit({}, {}));
  }
  open_gate();
}

TEST_F(CompilePoolTest, WhatIsToBeKeptIsStoredThoughThePoolEnds) {
  std::string folder = (std::filesystem::temp_directory_path() / "gt-pool-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const ProgramCache cache(folder);
  const sequence::Hash128 key{1, 2};
  {
    CompilerSetup impatient = setup(10min);
    impatient.patience = 1ms;
    impatient.cache = cache;
    CompilePool pool(std::move(impatient));
    static_cast<void>(pool.submit({}, {}));
    pool.keep(key, {{std::byte{7}}}, ProgramCache::Content::program);
  }
  EXPECT_EQ(cache.load(key), (ProgramObjects{{std::byte{7}}}));
  open_gate();
  std::filesystem::remove_all(folder);
}

TEST_F(CompilePoolTest, TakesSoManyAtATime) {
  CompilePool pool(setup(1min));
  std::size_t taken = 0;
  while (taken <= 2 * CompilePool::kMostWaiting && pool.submit({}, {})) ++taken;
  // One may be at hand.
  EXPECT_GE(taken, CompilePool::kMostWaiting);
  EXPECT_LE(taken, CompilePool::kMostWaiting + 1);
  open_gate();
}

}  // namespace
}  // namespace gt::worker::hotpath

#include "worker/hotpath/thread_team.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace gt::worker::hotpath {
namespace {

/// Adds one to each of its units.
class Counting {
 public:
  explicit Counting(std::size_t units) : done_(units, 0) {}
  void operator()(int, std::int64_t first, std::int64_t last) {
    for (std::int64_t unit = first; unit < last; ++unit) ++done_[static_cast<std::size_t>(unit)];
  }
  [[nodiscard]] bool is_once() const {
    return std::all_of(done_.begin(), done_.end(), [](int times) { return times == 1; });
  }

 private:
  std::vector<int> done_;
};

TEST(SharedWork, DoesNotWaitForThreadsThatHaveTakenNothing) {
  Counting counting(10);
  const SharedWork::Share share = std::ref(counting);
  SharedWork work;
  work.begin(10, 3, share);
  work.take_part(0);
  work.end();
  EXPECT_TRUE(counting.is_once());
}

TEST(SharedWork, WaitsForPartsThatWereTaken) {
  std::atomic<bool> is_taken{false}, is_left_alone{false};
  std::vector<int> done(2, 0);  // what the other thread writes is seen when the work has ended
  const SharedWork::Share share = [&](int thread, std::int64_t first, std::int64_t) {
    if (thread == 1) {
      is_taken = true;
      is_taken.notify_one();
      is_left_alone.wait(false);
    }
    done[static_cast<std::size_t>(first)] = 1;
  };
  SharedWork work;
  work.begin(2, 1, share);
  std::thread other([&] { work.take_part(1); });
  is_taken.wait(false);
  work.take_part(0);
  is_left_alone = true;
  is_left_alone.notify_one();
  work.end();
  EXPECT_EQ(done, std::vector<int>(2, 1));
  other.join();
}

TEST(SharedWork, HasNothingForThreadsThatComeLate) {
  SharedWork work;
  work.take_part(1);
  {
    Counting counting(4);
    const SharedWork::Share share = std::ref(counting);
    work.begin(4, 1, share);
    work.take_part(0);
    work.end();
    EXPECT_TRUE(counting.is_once());
  }
  work.take_part(1);  // what it would call is gone
}

TEST(SharedWork, LeavesOutWhatComesAfterAnException) {
  int calls = 0;
  const SharedWork::Share share = [&](int, std::int64_t, std::int64_t) {
    ++calls;
    throw std::runtime_error("no");
  };
  SharedWork work;
  work.begin(5, 1, share);
  work.take_part(0);
  EXPECT_THROW(work.end(), std::runtime_error);
  EXPECT_EQ(calls, 1);
}

TEST(ThreadTeam, BorrowsThreadsWhereItCan) {
  bool may_borrow = false;
  int borrowed = 0;
  ThreadTeam team(3, [&](const std::function<void()>& work) {
    if (!may_borrow) return false;
    ++borrowed;
    std::vector<std::thread> others;
    for (int thread = 1; thread < 3; ++thread) others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
    return true;
  });
  for (const bool may : {false, true, true, false}) {
    may_borrow = may;
    Counting counting(100);
    std::atomic<bool> is_numbered{true};
    team.run(100, [&](int thread, std::int64_t first, std::int64_t last) {
      if (thread < 0 || thread >= 3) is_numbered = false;
      counting(thread, first, last);
    });
    EXPECT_TRUE(counting.is_once());
    EXPECT_TRUE(is_numbered);
  }
  EXPECT_EQ(borrowed, 2);
}

TEST(ThreadTeam, DoesNotWaitForBorrowedThreadsThatTakeNothing) {
  ThreadTeam team(2, [](const std::function<void()>& work) {
    work();  // the other one has not come
    return true;
  });
  Counting counting(100);
  team.run(100, std::ref(counting));
  EXPECT_TRUE(counting.is_once());
}

TEST(ThreadTeam, EveryUnitIsDoneOnce) {
  for (int threads : {1, 2, 5}) {
    ThreadTeam team(threads);
    for (std::int64_t units : {0, 1, 2, 7, 1000}) {
      std::vector<int> done(static_cast<std::size_t>(units), 0);
      team.run(units, [&](int, std::int64_t first, std::int64_t last) {
        for (std::int64_t unit = first; unit < last; ++unit) ++done[static_cast<std::size_t>(unit)];
      });
      EXPECT_EQ(done, std::vector<int>(static_cast<std::size_t>(units), 1)) << threads;
    }
  }
}

TEST(ThreadTeam, ThreadsAreNumberedWithinTheTeam) {
  ThreadTeam team(3);
  std::mutex mutex;
  std::set<int> seen;
  for (int round = 0; round < 50; ++round)
    team.run(100, [&](int thread, std::int64_t, std::int64_t) {
      const std::lock_guard lock(mutex);
      seen.insert(thread);
    });
  EXPECT_GE(*seen.begin(), 0);
  EXPECT_LT(*seen.rbegin(), 3);
}

TEST(ThreadTeam, ResultsOfAllThreadsAreSeenAfterwards) {
  ThreadTeam team(4);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::int64_t> parts(64, 0);
    team.run(64, [&](int, std::int64_t first, std::int64_t last) {
      for (std::int64_t unit = first; unit < last; ++unit)
        parts[static_cast<std::size_t>(unit)] = unit;
    });
    ASSERT_EQ(std::accumulate(parts.begin(), parts.end(), std::int64_t{0}), 64 * 63 / 2);
  }
}

TEST(ThreadTeam, AnExceptionReachesTheCallerAndTheTeamGoesOn) {
  ThreadTeam team(3);
  const auto fails = [](int, std::int64_t first, std::int64_t) {
    if (first >= 0) throw std::runtime_error("no");
  };
  EXPECT_THROW(team.run(30, fails), std::runtime_error);
  std::atomic<std::int64_t> done{0};
  team.run(30, [&](int, std::int64_t first, std::int64_t last) { done += last - first; });
  EXPECT_EQ(done, 30);
}

}  // namespace
}  // namespace gt::worker::hotpath

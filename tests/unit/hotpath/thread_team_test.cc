#include "worker/hotpath/thread_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <vector>

namespace gt::worker::hotpath {
namespace {

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

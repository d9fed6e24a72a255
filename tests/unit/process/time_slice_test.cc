#include "common/process/time_slice.h"

#include <gtest/gtest.h>

#include <thread>

namespace gt::process {
namespace {

using namespace std::chrono_literals;

/// Runs the test in a thread of its own, whose slice concerns nobody else.
template <class Body>
void in_thread(const Body& body) {
  std::thread(body).join();
}

/// Before Linux 6.12 there are no slices.
bool has_slices() {
  bool result = false;
  in_thread([&] {
    set_time_slice(500us);
    result = set_time_slice(500us) == 500us;
  });
  return result;
}

TEST(TimeSlice, GivesTheOneBefore) {
  if (!has_slices()) GTEST_SKIP() << "this kernel has no time slices of threads";
  in_thread([] {
    const auto own = set_time_slice(kShortSlice);
    EXPECT_EQ(set_time_slice(own), kShortSlice);
    EXPECT_EQ(set_time_slice(kShortSlice), own);
  });
}

TEST(TimeSlice, IsThatOfThreadsStartedLater) {
  if (!has_slices()) GTEST_SKIP() << "this kernel has no time slices of threads";
  in_thread([] {
    set_time_slice(kShortSlice);
    in_thread([] { EXPECT_EQ(set_time_slice(kShortSlice), kShortSlice); });
  });
}

TEST(TimeSlice, OfOneThreadLeavesOthersAlone) {
  if (!has_slices()) GTEST_SKIP() << "this kernel has no time slices of threads";
  in_thread([] {
    const auto own = set_time_slice(300us);
    in_thread([] { set_time_slice(kShortSlice); });
    EXPECT_EQ(set_time_slice(own), 300us);
  });
}

}  // namespace
}  // namespace gt::process

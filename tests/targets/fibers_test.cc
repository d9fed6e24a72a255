// The simulation of a GPU's threads shows what they do not wait for.
#include "tests/targets/fibers.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

#include "worker/jit/llvm/gpu/thread_loops.h"

namespace gt::worker::jit {
namespace {

/// Each thread writes an element and reads that of another one; how many of `blocks` have read
/// what was written.
int right_blocks(int blocks, bool meets) {
  auto* const thread =
      std::bit_cast<std::int32_t (*)()>(address_of_intrinsic("gt_device_read.ptx.sreg.tid.x"));
  auto* const barrier = std::bit_cast<void (*)()>(address_of_intrinsic("gt_device_barrier0"));
  int right = 0;
  for (int k = 0; k < blocks; ++k) {
    std::vector<std::int64_t> written(kThreads, -1), read(kThreads, -1);
    run_blocks(1, [&] {
      const auto own = static_cast<std::size_t>(thread());
      written[own] = thread();
      if (meets) barrier();
      read[own] = written[kThreads - 1 - own];
    });
    bool is_right = true;
    for (std::int64_t t = 0; t < kThreads; ++t)
      is_right = is_right && read[static_cast<std::size_t>(t)] == kThreads - 1 - t;
    right += is_right ? 1 : 0;
  }
  return right;
}

TEST(SimulatedThreads, SeeWhatOthersWroteBeforeTheyMet) { EXPECT_EQ(right_blocks(50, true), 50); }
TEST(SimulatedThreads, MissWhatOthersWroteIfTheyDoNotMeet) {
  EXPECT_EQ(right_blocks(50, false), 0);
}

TEST(SimulatedThreads, TakeTurnsInDifferentOrders) {
  auto* const thread =
      std::bit_cast<std::int32_t (*)()>(address_of_intrinsic("gt_device_read.ptx.sreg.tid.x"));
  std::vector<std::int32_t> first, second;
  run_blocks(1, [&] { first.push_back(thread()); });
  run_blocks(1, [&] { second.push_back(thread()); });
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace gt::worker::jit

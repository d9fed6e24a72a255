// gt_bench_busy: counts without a pause. Prints `busy` when it begins.
#include <atomic>
#include <cstdint>
#include <cstdio>

#include "common/process/time_slice.h"
#include "tests/bench/programs/end_with_parent.h"

int main() {
  gt::bench::end_with_parent();
  gt::process::set_time_slice(gt::process::kKernelSlice);  // not that of who started it
  std::puts("busy");
  std::fflush(stdout);
  for (std::atomic<std::uint64_t> count = 0;;) count.fetch_add(1, std::memory_order_relaxed);
}

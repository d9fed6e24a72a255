// gt_bench_busy: counts without a pause. Prints `busy` when it begins.
#include <atomic>
#include <cstdint>
#include <cstdio>

#include "tests/bench/programs/end_with_parent.h"

int main() {
  gt::bench::end_with_parent();
  std::puts("busy");
  std::fflush(stdout);
  for (std::atomic<std::uint64_t> count = 0;;) count.fetch_add(1, std::memory_order_relaxed);
}

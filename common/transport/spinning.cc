#include "common/transport/spinning.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace gt::transport {
namespace {

constexpr int kRunningThreads = 4;
constexpr std::chrono::microseconds kSpinTime{20};

int usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (::sched_getaffinity(0, sizeof(cores), &cores) == 0) return CPU_COUNT(&cores);
  return static_cast<int>(std::thread::hardware_concurrency());
}

/// Threads of the machine that run or want to, this one not counted.
int busy_cores() {
  std::ifstream file("/proc/loadavg");
  double ignored = 0;
  int running = 1;
  file >> ignored >> ignored >> ignored >> running;
  return std::max(0, running - 1);
}

Spinning decide() {
  const int cores = usable_cores();
  const int free = std::max(0, cores - busy_cores());
  const bool spins = free > kRunningThreads;
  return {spins ? kSpinTime : std::chrono::microseconds(0),
          std::to_string(free) + " of " + std::to_string(cores) + " cores are free, " +
              (spins ? "more than the " : "not more than the ") + std::to_string(kRunningThreads) +
              " that client, dispatcher and worker keep busy"};
}

}  // namespace

const Spinning& spinning() {
  static const Spinning decided = decide();
  return decided;
}

}  // namespace gt::transport

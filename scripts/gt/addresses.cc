#include <sched.h>

#include <algorithm>
#include <thread>

#include "common/config/network_policy.h"
#include "common/transport/transport.h"
#include "scripts/gt/commands.h"

namespace gt::tool {

std::string checked_address(const std::string& address, bool insecure) {
  std::string normalised = transport::normalise_address(address);
  if (!insecure) config::require_local_address(normalised);
  return normalised;
}

int available_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

}  // namespace gt::tool

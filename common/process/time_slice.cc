#include "common/process/time_slice.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace gt::process {
namespace {

/// sched_setattr(2), of which the C library of Debian 12 knows nothing.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  ///< ns; the slice under SCHED_OTHER and SCHED_BATCH
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};
static_assert(sizeof(Attributes) == 48);

}  // namespace

std::chrono::nanoseconds set_time_slice(std::chrono::nanoseconds length) noexcept {
  constexpr unsigned kNoFlags = 0;
  constexpr pid_t kThisThread = 0;
  Attributes attributes;
  if (::syscall(SYS_sched_getattr, kThisThread, &attributes, sizeof(attributes), kNoFlags) != 0)
    return length;
  const std::chrono::nanoseconds before(attributes.runtime);
  if (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH) return before;
  attributes.runtime = static_cast<std::uint64_t>(length.count());
  static_cast<void>(::syscall(SYS_sched_setattr, kThisThread, &attributes, kNoFlags));
  return before;
}

}  // namespace gt::process

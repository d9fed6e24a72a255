#include "common/transport/event_fd.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "common/error.h"

namespace gt::transport {

EventFd::EventFd() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (descriptor_ < 0)
    throw CommonError(ErrorKind::kConnection,
                      std::string("cannot make an eventfd: ") + std::strerror(errno));
}

EventFd::~EventFd() { ::close(descriptor_); }

void EventFd::raise() noexcept {
  const int saved_errno = errno;
  const std::uint64_t one = 1;
  // A full counter is readable already, which is all a raise has to achieve.
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof(one));
  errno = saved_errno;
}

bool EventFd::clear() noexcept {
  std::uint64_t count = 0;
  return ::read(descriptor_, &count, sizeof(count)) == static_cast<ssize_t>(sizeof(count));
}

}  // namespace gt::transport

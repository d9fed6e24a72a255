#include "common/transport/event_fd.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "common/error.h"

namespace gt::transport {

EventFd::EventFd() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!descriptor_.is_open())
    throw CommonError(ErrorKind::kConnection,
                      std::string("cannot make an eventfd: ") + std::strerror(errno));
}

std::optional<EventFd> EventFd::adopt(process::Descriptor descriptor) {
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor.get());
  std::array<char, 64> target{};
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  const bool is_eventfd =
      size > 0 &&
      std::string_view(target.data(), static_cast<std::size_t>(size)) == "anon_inode:[eventfd]";
  if (!is_eventfd || (::fcntl(descriptor.get(), F_GETFL) & O_NONBLOCK) == 0) return std::nullopt;
  return EventFd(std::move(descriptor));
}

void EventFd::raise() noexcept {
  const int saved_errno = errno;
  const std::uint64_t one = 1;
  // A full counter is readable already, which is all a raise has to achieve.
  [[maybe_unused]] const ssize_t written = ::write(descriptor(), &one, sizeof(one));
  errno = saved_errno;
}

bool EventFd::clear() noexcept {
  std::uint64_t count = 0;
  return ::read(descriptor(), &count, sizeof(count)) == static_cast<ssize_t>(sizeof(count));
}

}  // namespace gt::transport

#include "common/transport/beside.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "common/process/descriptor.h"
#include "common/transport/address.h"
#include "common/transport/ring_link.h"
#include "common/transport/unix_socket.h"

namespace gt::transport {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = ".w";

void remove_socket(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  // A socket of the other type counts as listened at.
  if (is_possible_socket_path(path) && !is_listened_at(path, SOCK_SEQPACKET))
    ::unlink(path.c_str());
}

/// The process that `mark` and what follows in a file name speak of; 0 if it speaks of none.
pid_t process_named(const std::string& name, std::size_t mark) {
  pid_t number = 0;
  const char* const begin = name.data() + mark + std::char_traits<char>::length(kMark);
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), number);
  return error == std::errc() && *end == '-' && number > 0 ? number : 0;
}

/// Also if its parent has not asked for its status yet.
bool is_gone(pid_t number) {
  const process::Descriptor descriptor(static_cast<int>(::syscall(SYS_pidfd_open, number, 0)));
  if (!descriptor.is_open()) return errno == ESRCH;
  pollfd end{descriptor.get(), POLLIN, 0};
  return ::poll(&end, 1, 0) > 0;
}

}  // namespace

std::string address_beside(const std::string& address) {
  static std::atomic<unsigned> count{0};
  return address + kMark + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

void remove_if_abandoned(const std::string& address) noexcept {
  if (!address.starts_with(kIpcPrefix)) return;
  remove_socket(address.substr(kIpcPrefix.size()));
  remove_socket(ring_path(address));
}

void remove_abandoned_beside(const std::string& address) noexcept {
  if (!address.starts_with(kIpcPrefix)) return;
  const fs::path path = fs::path(address.substr(kIpcPrefix.size()));
  const std::string own = path.filename().string();
  std::error_code error;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(own + kMark)) continue;
    const pid_t maker = process_named(name, own.size());
    if (maker != 0 && is_gone(maker)) remove_socket(entry->path().string());
  }
}

}  // namespace gt::transport

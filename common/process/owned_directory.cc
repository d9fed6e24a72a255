#include "common/process/owned_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace gt::process {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = "owner";
/// Others may still put a file into it while it is removed.
constexpr int kRemovals = 3;

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Descriptor lock_owned_directory(const fs::path& directory) {
  const fs::path path = directory / kLockName;
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
  struct stat locked{};
  struct stat present{};
  // Whoever had the lock until now may have removed the file.
  if (::fstat(lock.get(), &locked) == 0 && ::lstat(path.c_str(), &present) == 0 &&
      is_same_file(locked, present))
    return lock;
  errno = ENOENT;
  return {};
}

void remove_if_abandoned(const fs::path& directory) noexcept {
  for (int count = 0; count < kRemovals; ++count) {
    const Descriptor lock = lock_owned_directory(directory);
    if (!lock.is_open()) return;
    std::error_code error;
    fs::remove_all(directory, error);
    if (!error) return;
  }
}

}  // namespace gt::process

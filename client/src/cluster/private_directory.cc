#include "client/src/cluster/private_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>
#include <system_error>

#include "common/error.h"

namespace gt::client {
namespace {

namespace fs = std::filesystem;

/// Short: the path of a Unix socket has at most 107 characters.
constexpr const char* kRoot = "/tmp";
constexpr const char* kLockName = "owner";
constexpr std::time_t kYouthSeconds = 10;

std::string prefix() { return fmt::format("gt-{}-", getuid()); }

Descriptor open_lock(const fs::path& directory, int flags) {
  return Descriptor(
      ::open((directory / kLockName).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
}

/// Young ones are left alone: their owner may not have taken its lock yet.
bool may_be_abandoned(const fs::path& directory) {
  struct stat info{};
  return lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == getuid() &&
         std::time(nullptr) - info.st_mtime > kYouthSeconds;
}

void remove_abandoned() noexcept {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(kRoot, ignored)) {
    const fs::path& path = entry.path();
    if (!path.filename().string().starts_with(prefix()) || !may_be_abandoned(path)) continue;
    const Descriptor lock = open_lock(path, 0);
    if (lock.is_open() && flock(lock.get(), LOCK_EX | LOCK_NB) == 0) fs::remove_all(path, ignored);
  }
}

}  // namespace

PrivateDirectory::PrivateDirectory() {
  remove_abandoned();
  std::string name = fmt::format("{}/{}XXXXXX", kRoot, prefix());
  if (mkdtemp(name.data()) == nullptr)
    throw CommonError(ErrorKind::kInternal,
                      fmt::format("cannot make a directory {} for the sockets of the cluster: {}",
                                  name, std::strerror(errno)));
  path_ = name;
  lock_ = open_lock(path_, O_CREAT);
  if (!lock_.is_open() || flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
    throw CommonError(ErrorKind::kInternal,
                      fmt::format("cannot lock a file in {}: {}", name, std::strerror(errno)));
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace gt::client

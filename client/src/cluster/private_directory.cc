#include "client/src/cluster/private_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "common/error.h"
#include "common/process/owned_directory.h"

namespace gt::client {
namespace {

namespace fs = std::filesystem;

/// Short: the path of a Unix socket has at most 107 characters.
constexpr const char* kRoot = "/tmp";
constexpr int kAttempts = 8;

std::string prefix() { return fmt::format("gt-{}-", getuid()); }

bool is_own_directory(const fs::path& path) {
  struct stat info{};
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == getuid();
}

void remove_abandoned() noexcept {
  std::error_code error;
  for (fs::directory_iterator entry(kRoot, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.filename().string().starts_with(prefix()) && is_own_directory(path))
      process::remove_if_abandoned(path);
  }
}

}  // namespace

PrivateDirectory::PrivateDirectory() {
  remove_abandoned();
  for (int attempt = 0; attempt < kAttempts && !lock_.is_open(); ++attempt) {
    std::string name = fmt::format("{}/{}XXXXXX", kRoot, prefix());
    if (mkdtemp(name.data()) == nullptr)
      throw CommonError(ErrorKind::kInternal,
                        fmt::format("cannot make a directory {} for the sockets of the cluster: {}",
                                    name, std::strerror(errno)));
    path_ = name;
    lock_ = process::lock_owned_directory(path_);
  }
  if (lock_.is_open()) return;
  const std::string reason = std::strerror(errno);
  process::remove_if_abandoned(path_);
  throw CommonError(ErrorKind::kInternal,
                    fmt::format("cannot lock a file in {}: {}", path_.string(), reason));
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace gt::client

// The directory of an embedded cluster's sockets.
#pragma once

#include <filesystem>

#include "client/src/cluster/descriptor.h"

namespace gt::client {

/// A new directory that only this user can enter; removed at the end with all that is in it. A lock
/// on a file in it tells others that its owner lives.
class PrivateDirectory {
 public:
  /// Also removes directories whose owners were killed. Throws CommonError(kInternal) naming the
  /// directory that could not be made.
  PrivateDirectory();
  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  Descriptor lock_;
};

}  // namespace gt::client

// Other programs, for tests: tools that are waited for, and folders for their files.
#pragma once

#include <string>
#include <vector>

namespace gt::worker::jit {

/// Runs a program and waits for it; its exit status, or 127 if it cannot be started.
[[nodiscard]] int run_process(const std::vector<std::string>& command);

/// A new folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace gt::worker::jit

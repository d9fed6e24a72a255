// A process that this program starts, and that ends with it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/src/cluster/descriptor.h"

namespace gt::client {

/// Descriptor number under which a child finds its lifeline.
inline constexpr int kLifelineNumber = 3;

class ChildProcess {
 public:
  /// Starts `arguments[0]` with empty input, both outputs into `output`, the lifeline at
  /// kLifelineNumber and no other descriptor, in a process group of its own (the terminal's Ctrl-C
  /// does not reach it). `role` names it in messages. Throws CommonError(kInternal).
  ChildProcess(std::string role, const std::vector<std::string>& arguments, int lifeline,
               int output);

  [[nodiscard]] const std::string& role() const noexcept { return role_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// `exit status 2` or `signal 9 (Killed)` once it has ended; nothing while it lives. Not
  /// thread-safe.
  [[nodiscard]] const std::optional<std::string>& ended();
  /// Ends it by force unless it ends by itself in time.
  void wait_or_kill(std::chrono::steady_clock::time_point deadline);

 private:
  std::string role_;
  pid_t pid_ = -1;
  std::optional<std::string> end_;
};

/// Passes what the children write on to standard error, and keeps the last of it.
class ChildOutput {
 public:
  ChildOutput();
  ~ChildOutput();
  ChildOutput(const ChildOutput&) = delete;
  ChildOutput& operator=(const ChildOutput&) = delete;

  /// What children write to; to be closed once all are started.
  [[nodiscard]] Descriptor& input() noexcept { return pipe_.write; }
  /// The last lines, without the final newline.
  [[nodiscard]] std::string tail() const;

 private:
  void run();

  Pipe pipe_;
  Pipe stop_;
  mutable std::mutex mutex_;
  std::string tail_;  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace gt::client

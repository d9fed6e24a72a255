// Processes around a client: its children, and programs that play a part in a test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gt::testing {

/// Processes whose parent is `parent` and whose command line contains `part`; zombies do not count.
[[nodiscard]] std::vector<pid_t> children_of(pid_t parent, const std::string& part = {});
/// Whether the process is there and no zombie.
[[nodiscard]] bool is_alive(pid_t process);
/// Where the sockets of the embedded cluster of `owner` lie, by the command line of its children;
/// nothing if it has none.
[[nodiscard]] std::optional<std::filesystem::path> cluster_directory_of(pid_t owner);

/// What a file holds; empty if there is none. Quicker than programs that write logs append to them.
[[nodiscard]] std::string text_of(const std::filesystem::path& path);

/// Looks again and again until `done`; false if it is not so in time.
[[nodiscard]] bool becomes_true(const std::function<bool()>& done,
                                std::chrono::milliseconds limit = std::chrono::seconds(10));

/// This test program, run again for one part: the (disabled) test of that full name.
class Role {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;
  Role(const std::string& test, const Environment& environment);
  /// Kills the process if it still runs.
  ~Role();
  Role(const Role&) = delete;
  Role& operator=(const Role&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  /// Exit status, or the negative number of the signal; nothing if it has not ended in time.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(30));
  /// What it wrote so far, on either output.
  [[nodiscard]] std::string output() const;

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
  std::filesystem::path output_;
};

}  // namespace gt::testing

// Programs of the benchmarks as child processes.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace gt::bench {

/// A program that lies beside this one, or at a path with a slash. It ends with this object, and
/// with this process.
class ChildProgram {
 public:
  /// Throws std::runtime_error naming the program if it cannot be started.
  ChildProgram(const std::string& name, std::vector<std::string> arguments);
  ChildProgram(ChildProgram&& other) noexcept;
  ChildProgram& operator=(ChildProgram&&) = delete;
  /// Ends it if it still runs.
  ~ChildProgram();

  /// Waits for its next line of output and returns it without the newline. Throws
  /// std::runtime_error if it ends, or stays silent for so many milliseconds.
  [[nodiscard]] std::string read_line(int patience = 60'000);
  /// Gives it a line of input. Throws std::runtime_error if it takes none.
  void write_line(const std::string& line);
  /// Waits until it has ended by itself. Throws std::runtime_error unless its exit code is 0.
  void wait();

 private:
  std::string name_;
  pid_t process_ = -1;
  int input_ = -1;
  int output_ = -1;
};

}  // namespace gt::bench

// The instruction log (GT_INSTRUCTION_LOG): one line for each thing that happens to instructions.
//
//   0.100s | #0010 | RECV       | CLIENT | BinaryOp | op=matmul
//
// Seconds since the log was opened, one rising number, event, source, command, details.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gt::log {

/// Writes lines in a thread of its own. `add` never waits for the file: beyond a bound lines are
/// left out, and a line says how many. A file that cannot be written costs one error line on
/// standard error; the program goes on.
class InstructionLog {
 public:
  /// Begins the file anew.
  explicit InstructionLog(const std::string& path);
  /// Writes what was added.
  ~InstructionLog();
  InstructionLog(const InstructionLog&) = delete;
  InstructionLog& operator=(const InstructionLog&) = delete;

  /// Adds a line. `event`, `source` and `command` must be literals. Thread-safe.
  void add(std::string_view event, std::string_view source, std::string_view command,
           std::string details);

 private:
  struct Line {
    double seconds = 0;
    std::uint64_t number = 0;
    std::string_view event;
    std::string_view source;
    std::string_view command;
    std::string details;
  };
  struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  void write_lines();
  void write(const std::vector<Line>& lines);
  void give_up(const std::string& reason);

  const std::string path_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  // Owned by the writing thread once it runs.
  std::unique_ptr<std::FILE, CloseFile> file_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<Line> lines_;
  std::uint64_t next_number_ = 1;
  std::uint64_t left_out_ = 0;
  bool is_ending_ = false;

  std::atomic<bool> is_broken_ = false;
  std::thread writer_;
};

}  // namespace gt::log

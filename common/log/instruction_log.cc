#include "common/log/instruction_log.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "common/log/logging.h"

namespace gt::log {
namespace {

constexpr std::size_t kMaxWaitingLines = 1 << 16;

}  // namespace

InstructionLog::InstructionLog(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "we")) {
  if (file_ == nullptr) {
    give_up(std::strerror(errno));
    return;
  }
  writer_ = std::thread([this] { write_lines(); });
}

InstructionLog::~InstructionLog() {
  if (!writer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

void InstructionLog::give_up(const std::string& reason) {
  if (is_broken_.exchange(true)) return;
  logging::error("the instruction log '" + path_ + "' cannot be written and ends here: " + reason);
}

void InstructionLog::add(std::string_view event, std::string_view source, std::string_view command,
                         std::string details) {
  if (is_broken_.load(std::memory_order_relaxed)) return;
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= kMaxWaitingLines) {
      ++left_out_;
      return;
    }
    is_first = lines_.empty();
    const std::chrono::duration<double> age = std::chrono::steady_clock::now() - start_;
    lines_.push_back({age.count(), next_number_++, event, source, command, std::move(details)});
  }
  if (is_first) changed_.notify_one();
}

void InstructionLog::write_lines() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !lines_.empty() || is_ending_; });
    if (lines_.empty()) return;
    std::vector<Line> lines = std::exchange(lines_, {});
    if (const std::uint64_t count = std::exchange(left_out_, 0); count != 0)
      lines.push_back({lines.back().seconds, next_number_++, "LEFT_OUT", "LOG", "Lines",
                       fmt::format("count={}", count)});
    lock.unlock();
    if (!is_broken_) write(lines);
    lock.lock();
  }
}

void InstructionLog::write(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines)
    fmt::format_to(std::back_inserter(text), "{:7.3f}s | #{:04d} | {:<10} | {:<6} | {:<8} | {}\n",
                   line.seconds, line.number, line.event, line.source, line.command, line.details);
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() ||
      std::fflush(file_.get()) != 0)
    give_up(std::strerror(errno));
}

}  // namespace gt::log

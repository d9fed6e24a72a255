// When a process of GT shall end: Ctrl-C, SIGTERM, or the end of the process that started it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace gt::process {

/// Watches SIGINT, SIGTERM and a lifeline: a pipe whose other end the parent holds, so that its end
/// of file means that the parent is gone, however it ended. A process has at most one watcher.
///
/// The signals are blocked in the calling thread and every thread that it starts later; make the
/// watcher before other threads. A process that has not ended `kGrace` after the stop, or at a
/// second signal, is ended at once: a stop never hangs.
class StopWatcher {
 public:
  /// `lifeline` is a descriptor, or -1 for none; it stays the caller's.
  explicit StopWatcher(int lifeline);
  StopWatcher(const StopWatcher&) = delete;
  StopWatcher& operator=(const StopWatcher&) = delete;
  ~StopWatcher();

  [[nodiscard]] bool is_stopped() const noexcept { return stopped_; }

  /// Calls `action` from another thread when the stop comes; at once if it came already. Replaces
  /// the earlier action; an empty one forgets it, and none runs after that call returned.
  void on_stop(std::function<void()> action);

 private:
  void watch(int lifeline);
  void stop();

  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::function<void()> action_;  // guarded by mutex_
  int signals_ = -1;
  int end_ = -1;  // eventfd: the watcher itself ends
  std::thread thread_;
};

}  // namespace gt::process

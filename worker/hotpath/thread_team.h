// Threads that share the units of one kernel.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace gt::worker::hotpath {

/// A caller and `threads - 1` helpers. Helpers look for work for a moment after each piece of it,
/// and sleep then. Belongs to one thread.
class ThreadTeam {
 public:
  using Share = std::function<void(int thread, std::int64_t first, std::int64_t last)>;

  /// Helpers start with the first work that is shared.
  explicit ThreadTeam(int threads) : threads_(threads) {}
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;
  ~ThreadTeam();

  [[nodiscard]] int size() const noexcept { return threads_; }
  /// Calls `share` for parts of [0, units) that together are all of it, each in one of the threads
  /// 0 .. size() - 1; returns when all is done. Rethrows the first exception.
  void run(std::int64_t units, const Share& share);

 private:
  void start();
  void help(int thread);
  void work(int thread);
  void keep(std::exception_ptr error);

  const int threads_;
  std::vector<std::thread> helpers_;

  // Written before round_ rises, read after.
  const Share* share_ = nullptr;
  std::int64_t units_ = 0;
  std::int64_t chunk_ = 1;
  bool stops_ = false;

  std::atomic<std::uint32_t> round_{0};  ///< rises with each piece of work
  std::atomic<std::int64_t> next_{0};    ///< first unit that nobody has taken
  std::atomic<int> busy_{0};             ///< helpers that have not ended this round
  std::atomic<bool> has_failed_{false};
  std::exception_ptr error_;  ///< of whoever set has_failed_
};

}  // namespace gt::worker::hotpath

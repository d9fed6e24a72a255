// Threads that share the units of one kernel.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace gt::worker::hotpath {

/// What is to be done by several threads, in parts that each of them takes as it comes. Whoever
/// has begun it waits for parts that were taken, not for threads that have taken none.
class SharedWork {
 public:
  using Share = std::function<void(int thread, std::int64_t first, std::int64_t last)>;

  /// The units [0, units), of which there is at least one, in parts of `chunk`. Of what was begun
  /// before all parts are done, or nobody has taken any. `share` is borrowed until `end`.
  void begin(std::int64_t units, std::int64_t chunk, const Share& share);
  /// Does parts as `thread`, while there are any: none if all are taken, or none has begun yet.
  void take_part(int thread) noexcept;
  /// Waits until all parts are done; rethrows the first exception. Parts that nobody had taken
  /// when it was thrown were left out.
  void end();

 private:
  [[nodiscard]] std::optional<std::uint32_t> take() noexcept;

  /// Which work it is, and how many parts of it nobody has taken: round << 32 | parts. A thread
  /// that comes late finds a ticket that has none, or the parts of later work.
  std::atomic<std::uint64_t> ticket_{0};
  std::atomic<std::uint32_t> done_{0};  ///< parts
  std::atomic<bool> has_failed_{false};
  std::exception_ptr error_;  ///< of whoever set has_failed_

  // Read only by whoever has taken a part, for which `end` waits:
  const Share* share_ = nullptr;
  std::int64_t units_ = 0;
  std::int64_t chunk_ = 1;
  std::uint32_t parts_ = 0;
};

/// A caller and `threads - 1` helpers. Helpers look for work for a moment after each piece of it,
/// and sleep then; work does not wait for one that sleeps. Belongs to one thread.
class ThreadTeam {
 public:
  using Share = SharedWork::Share;
  /// Calls `work` once in each of the team's number of threads that somebody else keeps, and waits
  /// for all; returns false, having done nothing, if there are none.
  using Borrow = std::function<bool(const std::function<void()>& work)>;

  /// Helpers start with the first work that is shared and finds no threads to borrow.
  explicit ThreadTeam(int threads, Borrow borrow = {})
      : threads_(threads), borrow_(std::move(borrow)) {}
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;
  ~ThreadTeam();

  [[nodiscard]] int size() const noexcept { return threads_; }
  /// Calls `share` for parts of [0, units) that together are all of it, each in one of the threads
  /// 0 .. size() - 1; returns when all is done. Rethrows the first exception.
  void run(std::int64_t units, const Share& share);

 private:
  [[nodiscard]] bool run_borrowed(std::int64_t units, std::int64_t chunk, const Share& share);
  void start();
  void help(int thread);

  const int threads_;
  const Borrow borrow_;
  std::vector<std::thread> helpers_;
  SharedWork work_;                      ///< of the helpers
  SharedWork borrowed_;                  ///< of borrowed threads, which no helper may see
  std::atomic<std::uint32_t> calls_{0};  ///< for helpers: rises with each work, and at the end
  std::atomic<bool> stops_{false};
};

}  // namespace gt::worker::hotpath

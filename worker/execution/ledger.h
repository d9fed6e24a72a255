// Which batches of the worker's stream have run, so that they can be acknowledged cumulatively.
#pragma once

#include <cstdint>
#include <deque>

namespace gt::worker {

/// Batches arrive in the order of the stream and end in any order (sessions do not wait for each
/// other); `executed` is the last one before which, and including which, all have ended.
class BatchLedger {
 public:
  void arrived(std::uint64_t sequence) { open_.push_back({sequence, false}); }

  /// Returns whether `executed` moved.
  bool ended(std::uint64_t sequence) {
    for (Entry& entry : open_)
      if (entry.sequence == sequence) entry.has_ended = true;
    bool moved = false;
    for (; !open_.empty() && open_.front().has_ended; open_.pop_front(), moved = true)
      executed_ = open_.front().sequence;
    return moved;
  }

  [[nodiscard]] std::uint64_t executed() const noexcept { return executed_; }

 private:
  struct Entry {
    std::uint64_t sequence = 0;
    bool has_ended = false;
  };
  std::deque<Entry> open_;  ///< at most as many as the dispatcher grants itself credit for
  std::uint64_t executed_ = 0;
};

}  // namespace gt::worker

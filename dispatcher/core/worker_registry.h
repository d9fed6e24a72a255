// The workers that are there.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dispatcher/core/event.h"

namespace gt::dispatcher {

using protocol::PayloadId;
using protocol::SessionId;
using protocol::WorkerId;

inline constexpr WorkerId kNoWorker = ~WorkerId{0};

struct Worker {
  WorkerId id = kNoWorker;
  PeerId peer = 0;
  std::string name;
  std::string device;
  std::string backend;
  std::string address;             ///< where other workers reach it
  std::uint64_t memory_used = 0;   ///< bytes, as it said last
  std::uint64_t memory_limit = 0;  ///< bytes
  std::uint64_t batches = 0;       ///< sent to it
  std::uint64_t instructions = 0;  ///< in those
  std::size_t sessions = 0;        ///< whose home it is
};

class WorkerRegistry {
 public:
  /// A worker under the next number; numbers are never used again.
  Worker& add(PeerId peer, const protocol::WorkerHello& hello);
  void remove(WorkerId id) { workers_.erase(id); }

  [[nodiscard]] Worker* find(WorkerId id);
  /// The worker must be there.
  [[nodiscard]] Worker& at(WorkerId id);
  [[nodiscard]] bool empty() const noexcept { return workers_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }
  /// All workers in the order of their numbers.
  [[nodiscard]] std::map<WorkerId, Worker>& all() noexcept { return workers_; }

  /// The worker that is home to the fewest sessions, then the lowest number; kNoWorker if none.
  [[nodiscard]] WorkerId least_loaded() const noexcept;
  /// The first worker after `id` in a circle; kNoWorker if none.
  [[nodiscard]] WorkerId next_after(WorkerId id) const noexcept;

 private:
  std::map<WorkerId, Worker> workers_;
  WorkerId next_id_ = 0;
};

}  // namespace gt::dispatcher

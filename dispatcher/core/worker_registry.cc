#include "dispatcher/core/worker_registry.h"

namespace gt::dispatcher {

Worker& WorkerRegistry::add(PeerId peer, const protocol::WorkerHello& hello) {
  Worker& worker = workers_[next_id_];
  worker.id = next_id_++;
  worker.peer = peer;
  worker.name = hello.name;
  worker.device = hello.device;
  worker.backend = hello.backend;
  worker.memory_limit = hello.memory_limit;
  worker.address = hello.peer_address;
  return worker;
}

Worker* WorkerRegistry::find(WorkerId id) {
  const auto found = workers_.find(id);
  return found == workers_.end() ? nullptr : &found->second;
}

Worker& WorkerRegistry::at(WorkerId id) {
  Worker* worker = find(id);
  GT_INVARIANT(worker != nullptr, "worker " + std::to_string(id) + " is not registered");
  return *worker;
}

WorkerId WorkerRegistry::least_loaded() const noexcept {
  WorkerId best = kNoWorker;
  std::size_t fewest = 0;
  for (const auto& [id, worker] : workers_)
    if (best == kNoWorker || worker.sessions < fewest) {
      best = id;
      fewest = worker.sessions;
    }
  return best;
}

WorkerId WorkerRegistry::next_after(WorkerId id) const noexcept {
  if (workers_.empty()) return kNoWorker;
  const auto next = id == kNoWorker ? workers_.begin() : workers_.upper_bound(id);
  return next == workers_.end() ? workers_.begin()->first : next->first;
}

}  // namespace gt::dispatcher

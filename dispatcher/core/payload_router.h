// The payloads that a client uploads: where their frames go, and those that came before their
// batch.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "dispatcher/core/outbox.h"
#include "dispatcher/core/worker_registry.h"

namespace gt::dispatcher {

class PayloadRouter {
 public:
  /// A frame of the client. It goes on to `worker_of(worker)`'s peer, waits, or (if the worker is
  /// lost) is thrown away. Throws a violation if it does not continue its payload.
  void accept(FrameReceived frame, std::size_t limit, WorkerRegistry& workers, Outbox& outbox);

  /// An upload was planned on `worker` (kNoWorker: its bytes are not wanted). `total`: its bytes.
  void announce(PayloadId payload, std::uint64_t total, WorkerId worker, WorkerRegistry& workers,
                Outbox& outbox);

  /// What is still to come for the worker is thrown away.
  void lose(WorkerId worker);

  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }
  /// Payloads that have not come and gone on in full.
  [[nodiscard]] std::size_t open_count() const noexcept { return payloads_.size(); }

 private:
  struct Payload {
    std::uint64_t total = 0;
    std::uint64_t received = 0;
    bool is_announced = false;
    bool is_complete = false;
    WorkerId worker = kNoWorker;
    std::vector<FrameReceived> waiting;
  };

  std::map<PayloadId, Payload> payloads_;
  std::size_t waiting_bytes_ = 0;
};

}  // namespace gt::dispatcher

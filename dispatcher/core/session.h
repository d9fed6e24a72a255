// One client: its lanes, kinds, values, and what is under way for it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "common/protocol/messages.h"
#include "dispatcher/core/kind_table.h"
#include "dispatcher/core/payload_router.h"
#include "dispatcher/core/value_table.h"
#include "dispatcher/core/worker_registry.h"

namespace gt::dispatcher {

using protocol::RequestId;

/// A batch that the client has no acknowledgement of.
struct BatchProgress {
  std::uint64_t sequence = 0;
  bool is_planned = false;
  std::size_t remaining = 0;  ///< planned batches made from it that workers still run
};

struct LaneState {
  std::uint64_t next_sequence = 1;
  std::uint64_t next_output = 0;
  std::uint64_t executed = 0;
  std::deque<BatchProgress> outstanding;  ///< consecutive sequences

  /// The progress of a batch; nullptr if it is acknowledged already.
  [[nodiscard]] BatchProgress* find(std::uint64_t sequence) {
    if (outstanding.empty() || sequence < outstanding.front().sequence) return nullptr;
    const std::uint64_t index = sequence - outstanding.front().sequence;
    return index < outstanding.size() ? &outstanding[index] : nullptr;
  }

  /// Counts the batches at the front that have run; true if there were any.
  bool advance() {
    const std::uint64_t before = executed;
    while (!outstanding.empty() && outstanding.front().is_planned &&
           outstanding.front().remaining == 0) {
      executed = outstanding.front().sequence;
      outstanding.pop_front();
    }
    return executed != before;
  }
};

/// A value on its way from another worker.
struct IncomingTransfer {
  PayloadId payload = 0;
  WorkerId from = kNoWorker;
};

/// A planned batch that its worker has not acknowledged.
struct OutstandingBatch {
  std::uint64_t sequence = 0;
  LaneId lane = 0;
  std::uint64_t client_sequence = 0;
  std::vector<IncomingTransfer> transfers;
};

/// What a worker knows of the session, and what is being put together for it.
struct WorkerStream {
  std::uint64_t next_sequence = 1;
  std::deque<OutstandingBatch> outstanding;
  std::vector<bool> known_kinds;  ///< by planned number
  bool is_unmarked = false;       ///< got instructions since the last mark
  std::vector<protocol::KindDefinition> kinds;
  std::vector<protocol::InlinePayload> payloads;
  std::vector<std::uint64_t> words;
  std::uint64_t instructions = 0;  ///< in `words`
  std::vector<IncomingTransfer> transfers;
};

/// A fetch that is not fully answered.
struct PendingFetch {
  WorkerId worker = kNoWorker;
  protocol::ErrorRecord origin;  ///< the value: what an error about it names
  bool is_replied = false;
  bool has_all_bytes = false;
};

struct Session {
  protocol::SessionId id = 0;
  PeerId peer = 0;
  WorkerId home = kNoWorker;
  WorkerId last_spread = kNoWorker;  ///< where the last source went, with Placement::spread
  std::uint64_t connect_timeout_ms = 0;
  std::uint64_t process = 0;  ///< the client's process id

  /// Totals since the session began.
  struct Counters {
    std::uint64_t instructions = 0;
    std::uint64_t batches = 0;
    std::uint64_t uploaded_bytes = 0;
    std::uint64_t fetched_bytes = 0;
    std::uint64_t errors = 0;
  };
  Counters counters;

  KindTable kinds;
  std::map<LaneId, LaneState> lanes;
  ValueTable values;
  std::map<WorkerId, WorkerStream> streams;
  PayloadRouter uploads;
  std::map<RequestId, PendingFetch> fetches;
  std::uint64_t next_transfer = 0;

  /// Batches that wait for a first worker, and since when.
  std::deque<protocol::ClientBatch> waiting;
  std::optional<std::uint64_t> waiting_since_ms;
  /// Why instructions fail at once: no worker came in time, or the last one was lost.
  std::optional<protocol::ErrorRecord> no_worker;
};

}  // namespace gt::dispatcher

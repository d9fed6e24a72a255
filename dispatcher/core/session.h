// One client: its lanes, kinds, values, and what is under way for it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/config/compile_settings.h"
#include "common/protocol/messages.h"
#include "dispatcher/core/byte_window.h"
#include "dispatcher/core/kind_table.h"
#include "dispatcher/core/meta_table.h"
#include "dispatcher/core/payload_router.h"
#include "dispatcher/core/program_table.h"
#include "dispatcher/core/signal_table.h"
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

/// A batch on its way through the planner, which may stop in the middle.
struct PendingBatch {
  protocol::ClientBatch batch;
  bool is_started = false;
  std::size_t next_word = 0;      ///< where planning goes on
  std::uint64_t next_output = 0;  ///< the number of the next result
  std::size_t used_payloads = 0;
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

  /// Takes the batches at the front that have run; tells how many.
  std::uint32_t advance() {
    std::uint32_t batches = 0;
    while (!outstanding.empty() && outstanding.front().is_planned &&
           outstanding.front().remaining == 0) {
      executed = outstanding.front().sequence;
      ++batches;
      outstanding.pop_front();
    }
    return batches;
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
  std::uint64_t upload_bytes = 0;
  std::vector<IncomingTransfer> transfers;
};

/// What a worker knows of the session, and what is being put together for it.
struct WorkerStream {
  std::uint64_t next_sequence = 1;
  std::deque<OutstandingBatch> outstanding;
  std::vector<bool> known_kinds;  ///< by planned number
  std::set<std::uint16_t> known_signals;
  bool is_unmarked = false;  ///< got instructions since the last mark
  std::vector<protocol::KindDefinition> kinds;
  std::vector<protocol::SignalDefinition> signals;
  std::vector<protocol::InlinePayload> payloads;
  std::vector<std::uint64_t> words;
  std::uint64_t instructions = 0;  ///< in `words`
  std::uint64_t upload_bytes = 0;
  std::vector<IncomingTransfer> transfers;

  [[nodiscard]] bool knows(KindId planned_id) const {
    return planned_id < known_kinds.size() && known_kinds[planned_id];
  }
};

/// A fetch that is not fully answered.
struct PendingFetch {
  WorkerId worker = kNoWorker;
  protocol::ErrorRecord origin;  ///< the value: what an error about it names
  std::uint64_t bytes = 0;       ///< of its elements
  std::uint64_t forwarded = 0;   ///< of these, in frames
  bool is_replied = false;
  bool has_all_bytes = false;
};

struct Session {
  Session(std::uint64_t upload_window, std::uint64_t reply_window)
      : upload_bytes(upload_window), reply_bytes(reply_window) {}

  protocol::SessionId id = 0;
  PeerId peer = 0;
  WorkerId home = kNoWorker;
  WorkerId last_spread = kNoWorker;  ///< where the last source went, with Placement::spread
  std::uint64_t connect_timeout_ms = 0;
  std::uint64_t process = 0;    ///< the client's process id
  protocol::Settings settings;  ///< each name once
  config::CompileSettings compile;

  /// Totals since the session began.
  struct Counters {
    std::uint64_t instructions = 0;
    std::uint64_t batches = 0;
    std::uint64_t uploaded_bytes = 0;
    std::uint64_t fetched_bytes = 0;
    std::uint64_t errors = 0;
  };
  Counters counters;

  MetaTable metas;
  KindTable kinds;
  SignalTable signals;
  ProgramTable programs;
  std::map<LaneId, LaneState> lanes;
  ValueTable values;
  std::map<WorkerId, WorkerStream> streams;
  PayloadRouter uploads;
  std::map<RequestId, PendingFetch> fetches;
  std::uint64_t next_transfer = 0;

  std::uint32_t unacknowledged = 0;         ///< batches of all lanes
  ByteWindow upload_bytes;                  ///< of planned batches that are not executed
  ByteWindow reply_bytes;                   ///< of fetches that the client has not confirmed
  std::uint64_t sent_reply_bytes = 0;       ///< as RepliesReceived counts them
  std::uint64_t confirmed_reply_bytes = 0;  ///< of these

  /// Batches that are not planned to their end, oldest first: there is no worker yet, a worker has
  /// as many as it may, or a window is full.
  std::deque<PendingBatch> waiting;
  bool is_paused = false;  ///< others have their turn first
  /// Since when they wait for a first worker.
  std::optional<std::uint64_t> waiting_since_ms;
  /// Why instructions fail at once: no worker came in time, or the last one was lost.
  std::optional<protocol::ErrorRecord> no_worker;
};

}  // namespace gt::dispatcher

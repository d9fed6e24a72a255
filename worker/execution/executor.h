// Runs the stream of one worker. Has no sockets, threads or clock: whoever drives it adds messages
// and calls `step` until there is nothing left to do.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "common/protocol/messages.h"
#include "worker/engine/engine.h"
#include "worker/execution/outbox.h"
#include "worker/execution/session.h"

namespace gt::worker {

/// Keeps the sessions of a worker and lets them take turns, one batch each. Belongs to one thread.
class Executor {
 public:
  /// Engine and outbox are borrowed.
  Executor(Engine& engine, Outbox& outbox);

  /// Instructions of a session, which begins with its first batch.
  void add(protocol::PlannedBatch batch);
  /// A part of a payload, for an instruction that came already or will come.
  void add(const protocol::PayloadFrame& frame);
  void add(protocol::PayloadFailed failed);
  /// Frees everything of the session. What comes for it later is dropped.
  void add(const protocol::SessionClosed& closed);

  /// Runs a batch of the session whose turn it is, or what is left of one that waited. Returns
  /// whether a session can go on; false means: wait for the next message.
  bool step();

  [[nodiscard]] std::size_t session_count() const noexcept { return sessions_.size(); }
  /// Live values of a session; 0 for an unknown one.
  [[nodiscard]] std::size_t live_values(protocol::SessionId id) const;

 private:
  struct Member {
    std::unique_ptr<Session> session;
    bool is_queued = false;
  };
  [[nodiscard]] Member* member_of(protocol::SessionId id);
  void queue_if_runnable(protocol::SessionId id, Member& member);
  [[nodiscard]] bool is_closed(protocol::SessionId id) const;
  void batch_ended(protocol::SessionId id, std::uint64_t sequence);
  void acknowledge();

  Engine& engine_;
  Outbox& outbox_;
  std::unordered_map<protocol::SessionId, Member> sessions_;
  std::deque<protocol::SessionId> turns_;   ///< sessions that can go on, each once
  std::deque<protocol::SessionId> closed_;  ///< the last ones, for frames that come late
  /// How far sessions got since the last acknowledgement, each once.
  std::vector<protocol::SessionProgress> progress_;
  std::uint32_t unacknowledged_ = 0;  ///< batches since then
};

}  // namespace gt::worker

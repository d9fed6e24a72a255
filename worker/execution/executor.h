// Runs the streams of one worker. Has no sockets and no threads: whoever drives it adds messages
// and calls `step` until there is nothing left to do.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "common/protocol/messages.h"
#include "worker/engine/engine.h"
#include "worker/execution/outbox.h"
#include "worker/execution/session.h"
#include "worker/execution/turn.h"

namespace gt::worker {

/// Keeps the sessions of a worker and lets them take turns: a batch each, or as much of it as fits
/// into the time of a turn. A session that had nothing to do goes before those that have gone on
/// for long, but takes no more than every other turn from them. Belongs to one thread.
class Executor {
 public:
  static constexpr std::chrono::microseconds kTurn{50};
  /// Sessions that are known from payloads alone, at most.
  static constexpr std::size_t kMostAnnounced = 1024;

  /// Engine and outbox are borrowed.
  Executor(Engine& engine, Outbox& outbox, std::chrono::microseconds turn = kTurn,
           hotpath::CompilerSetup compilers = {});

  /// Instructions of a session, which begins with its first batch.
  void add(protocol::PlannedBatch batch);
  /// A part of a payload, for an instruction that came already or will come.
  void add(payload::ReceivedFrame frame);
  void add(protocol::PayloadFailed failed);
  /// Frees everything of the session. What comes for it later is dropped.
  void add(const protocol::SessionClosed& closed);

  /// Runs a batch of the session whose turn it is, or a part of one. Returns whether a session can
  /// go on; false means: wait for the next message.
  bool step();

  /// Sessions run what they keep for a program if nothing came for them for so long.
  static constexpr std::chrono::milliseconds kHoldTime{1};
  /// Sees to that.
  void settle_quiet_sessions(std::chrono::steady_clock::duration quiet = kHoldTime);
  [[nodiscard]] bool holds() const;
  [[nodiscard]] hotpath::CompilePool& compile_pool() noexcept { return workshop_.compilers; }
  /// Whether to add what another worker sent for a session. False if the session is not known yet
  /// and kMostAnnounced others have had no batch either: as the dispatcher sends the batches of a
  /// transfer to both ends at the same time, the sender makes them up.
  [[nodiscard]] bool may_announce(protocol::SessionId id) const;

  [[nodiscard]] std::size_t session_count() const noexcept { return sessions_.size(); }
  /// Live values of a session; 0 for an unknown one.
  [[nodiscard]] std::size_t live_values(protocol::SessionId id) const;

 private:
  struct Member {
    std::unique_ptr<Session> session;
    bool is_queued = false;
    bool has_begun = false;  ///< with its first batch
  };
  [[nodiscard]] Member* member_of(protocol::SessionId id);
  /// Queues a session that got something to do behind others of its like.
  void wake(protocol::SessionId id, Member& member);
  [[nodiscard]] protocol::SessionId take_turn();
  [[nodiscard]] bool is_idle() const noexcept { return woken_.empty() && busy_.empty(); }
  [[nodiscard]] bool is_closed(protocol::SessionId id) const;
  void batch_ended(protocol::SessionId id, std::uint64_t sequence);
  void acknowledge();

  Engine& engine_;
  Outbox& outbox_;
  SharedMemory memory_;
  hotpath::Workshop workshop_;
  std::unordered_map<protocol::SessionId, Member> sessions_;
  std::size_t announced_ = 0;              ///< sessions that have not begun
  std::deque<protocol::SessionId> woken_;  ///< sessions that can go on and had nothing to do
  std::deque<protocol::SessionId> busy_;   ///< those that have had a turn since
  bool has_overtaken_ = false;             ///< whether the last turn was taken from a busy one
  Turn turn_;
  std::deque<protocol::SessionId> closed_;  ///< the last ones, for frames that come late
  /// How far sessions got since the last acknowledgement, each once.
  std::vector<protocol::SessionProgress> progress_;
  std::uint32_t unacknowledged_ = 0;  ///< batches since then
};

}  // namespace gt::worker

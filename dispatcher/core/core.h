// The dispatcher without sockets, clocks and randomness: a fold over its input log.
//
// Every event has a number; the same events give the same actions. Whoever runs a core (the
// server, a test, a replay) feeds events one at a time and carries out the actions in order.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher/core/event.h"
#include "dispatcher/core/options.h"
#include "dispatcher/core/outbox.h"
#include "dispatcher/core/session.h"
#include "dispatcher/core/worker_registry.h"

namespace gt::dispatcher {

class Core {
 public:
  explicit Core(CoreOptions options);

  /// Folds one event in; returns what is to be done, in order. A peer that breaks the protocol is
  /// refused and dropped, others do not notice.
  [[nodiscard]] std::vector<Action> apply(Event event);

  /// Whether there is something to do although nothing came: then apply Proceed soon, but not
  /// before what others have sent.
  [[nodiscard]] bool has_more() const noexcept { return !paused_.empty(); }

  /// Events so far: the number of the last one.
  [[nodiscard]] std::uint64_t event_count() const noexcept { return event_count_; }
  [[nodiscard]] std::size_t session_count() const noexcept { return sessions_.size(); }
  [[nodiscard]] std::size_t worker_count() const noexcept { return workers_.size(); }

 private:
  enum class Role : std::uint8_t { stranger, client, worker, monitor };
  struct Peer {
    Role role = Role::stranger;
    std::uint64_t id = 0;  ///< session or worker number
    std::uint64_t last_heard_ms = 0;
    std::uint64_t last_written_ms = 0;
  };

  // core.cc: events and peers
  void handle(MessageReceived event);
  void handle(FrameReceived event);
  void handle(const MalformedReceived& event);
  void handle(const PeerLost& event);
  void handle(const Tick& event);
  void handle(const Proceed& event);
  void handle(const ShutDown& event);
  Peer& heard_from(PeerId peer);
  void expel(PeerId peer, ErrorKind kind, const std::string& message);
  void forget(PeerId peer, const std::string& reason);
  void keep_alive();
  void lose_silent_peers();
  void settle_lanes();
  void resume();
  std::vector<Action> finish();

  // core_clients.cc: what clients send
  void greet(PeerId peer, const protocol::ClientHello& hello);
  void handle_client(Session& session, protocol::Message message);
  void receive(Session& session, protocol::ClientBatch batch);
  void receive(Session& session, FrameReceived frame);
  void receive(Session& session, const protocol::RepliesReceived& received);
  [[nodiscard]] bool may_plan(const Session& session) const;
  void plan_waiting(Session& session);
  void give_up_waiting();
  void give_home(Session& session);
  [[nodiscard]] protocol::ClusterState cluster_state();
  void announce_cluster_state();
  void close_session(SessionId id, const std::string& reason);

  // core_workers.cc: what workers send, and their end
  void greet(PeerId peer, const protocol::WorkerHello& hello);
  void handle_worker(Worker& worker, protocol::Message message);
  void receive(Worker& worker, const protocol::WorkerAcknowledgement& acknowledgement);
  void receive(const Worker& worker, protocol::WorkerFetchReply reply);
  void receive(const Worker& worker, const protocol::PayloadFailed& failure);
  void receive(const Worker& worker, FrameReceived frame);
  void give_back(Session& session, const PendingFetch& fetch);
  void settle(Session& session, const OutstandingBatch& batch);
  void lose_worker(WorkerId id, const std::string& reason);
  void lose_values(Session& session, WorkerId id, const protocol::ErrorRecord& loss);
  void lose_fetches(Session& session, WorkerId id, const protocol::ErrorRecord& loss);
  void fail_until_a_worker_joins(Session& session, const protocol::ErrorRecord& loss);
  void reconnect(const Worker& worker, const std::string& address);
  /// Transfers under way from a worker, to all others or to one.
  void fail_transfers(WorkerId from, const protocol::ErrorRecord& loss,
                      std::optional<WorkerId> to = std::nullopt);

  // core_programs.cc: what workers report of hot sequences
  void receive(const Worker& worker, protocol::SequenceReport report);
  void count_late(const protocol::SequenceReport& report);
  void tell(const Session& session, std::vector<std::string> lines);
  void lose_programs(Session& session, WorkerId id, const protocol::ErrorRecord& loss);

  // core_statistics.cc: what monitors ask for
  void handle_monitor(PeerId peer, const protocol::Message& message);
  [[nodiscard]] protocol::Statistics statistics();
  void count_ended(const Session& session);

  CoreOptions options_;
  Outbox outbox_;
  WorkerRegistry workers_;
  std::map<SessionId, Session> sessions_;
  std::map<PeerId, Peer> peers_;
  std::set<std::pair<SessionId, LaneId>> touched_lanes_;  ///< that may have got on
  std::set<SessionId> resumable_;                         ///< that may go on planning
  std::deque<SessionId> paused_;                          ///< that go on when it is their turn
  SessionId next_session_ = 1;
  std::uint64_t ended_sessions_ = 0;
  protocol::SessionStatistics ended_;  ///< of all these together
  std::uint64_t now_ms_ = 0;
  bool has_ticked_ = false;
  std::uint64_t event_count_ = 0;
};

}  // namespace gt::dispatcher

#include "dispatcher/core/core.h"

#include "dispatcher/core/log_lines.h"

namespace gt::dispatcher {
namespace {

/// The peer of an event that one peer caused.
struct PeerOf {
  PeerId operator()(const MessageReceived& event) const { return event.peer; }
  PeerId operator()(const FrameReceived& event) const { return event.peer; }
  PeerId operator()(const MalformedReceived& event) const { return event.peer; }
  PeerId operator()(const PeerLost& event) const { return event.peer; }
  PeerId operator()(const Tick&) const { return 0; }
  PeerId operator()(const Proceed&) const { return 0; }
  PeerId operator()(const ShutDown&) const { return 0; }
};

}  // namespace

Core::Core(CoreOptions options) : options_(options), outbox_(options.log_instructions) {}

std::vector<Action> Core::apply(Event event) {
  ++event_count_;
  const PeerId peer = std::visit(PeerOf{}, event);
  try {
    std::visit([&](auto& content) { handle(std::move(content)); }, event);
  } catch (const CommonError& error) {
    expel(peer, error.kind(), error.what());
  }
  while (!touched_lanes_.empty() || !resumable_.empty()) {
    settle_lanes();
    resume();
  }
  return finish();
}

/// Acknowledges what has been executed.
void Core::settle_lanes() {
  for (const auto& [session_id, lane_id] : std::exchange(touched_lanes_, {})) {
    const auto found = sessions_.find(session_id);
    if (found == sessions_.end()) continue;
    Session& session = found->second;
    LaneState& lane = session.lanes[lane_id];
    const std::uint32_t batches = lane.advance();
    if (batches == 0) continue;
    session.unacknowledged -= batches;
    outbox_.send(session.peer, protocol::Acknowledgement{lane_id, lane.executed, lane.executed});
  }
}

/// Plans what sessions had to leave; one whose batch breaks a rule ends alone.
void Core::resume() {
  for (const SessionId id : std::exchange(resumable_, {})) {
    const auto session = sessions_.find(id);
    if (session == sessions_.end()) continue;
    const PeerId peer = session->second.peer;
    try {
      plan_waiting(session->second);
    } catch (const CommonError& error) {
      expel(peer, error.kind(), error.what());
    }
  }
}

std::vector<Action> Core::finish() {
  std::vector<Action> actions = outbox_.take();
  for (const Action& action : actions)
    if (const auto* sent = std::get_if<SendMessage>(&action))
      if (const auto peer = peers_.find(sent->peer); peer != peers_.end())
        peer->second.last_written_ms = now_ms_;
  return actions;
}

Core::Peer& Core::heard_from(PeerId id) {
  const auto [entry, is_new] = peers_.try_emplace(id);
  Peer& peer = entry->second;
  if (is_new) peer.last_written_ms = now_ms_;
  peer.last_heard_ms = now_ms_;
  return peer;
}

void Core::handle(MessageReceived event) {
  const Peer& peer = heard_from(event.peer);
  switch (peer.role) {
    case Role::client:
      return handle_client(sessions_.at(peer.id), std::move(event.message));
    case Role::worker:
      return handle_worker(workers_.at(static_cast<WorkerId>(peer.id)), std::move(event.message));
    case Role::monitor:
      return handle_monitor(event.peer, event.message);
    case Role::stranger:
      break;
  }
  if (std::holds_alternative<protocol::StatisticsRequest>(event.message))
    return handle_monitor(event.peer, event.message);
  if (const auto* client = std::get_if<protocol::ClientHello>(&event.message))
    return greet(event.peer, *client);
  if (const auto* worker = std::get_if<protocol::WorkerHello>(&event.message))
    return greet(event.peer, *worker);
  violation("the first message has to be ClientHello, WorkerHello or StatisticsRequest, not " +
            std::string(protocol::name_of(event.message)));
}

void Core::handle(FrameReceived event) {
  const Peer& peer = heard_from(event.peer);
  switch (peer.role) {
    case Role::client:
      return receive(sessions_.at(peer.id), std::move(event));
    case Role::worker:
      return receive(workers_.at(static_cast<WorkerId>(peer.id)), std::move(event));
    case Role::monitor:
      violation("a monitor does not send payload frames");
    case Role::stranger:
      violation("a payload frame came before any hello");
  }
}

void Core::handle(const MalformedReceived& event) {
  expel(event.peer, ErrorKind::kProtocol, event.reason);
}

void Core::handle(const PeerLost& event) {
  forget(event.peer, event.reason);
  outbox_.drop(event.peer);
}

void Core::handle(const Tick& event) {
  const std::uint64_t gap = event.now_ms - now_ms_;
  // After a pause of this process nobody's silence counts: their messages wait to be read.
  if (has_ticked_ && gap > options_.heartbeat_ms)
    for (auto& [id, peer] : peers_) peer.last_heard_ms += gap;
  has_ticked_ = true;
  now_ms_ = event.now_ms;
  lose_silent_peers();
  keep_alive();
  give_up_waiting();
}

void Core::handle(const Proceed&) {
  if (paused_.empty()) return;
  const SessionId id = paused_.front();
  paused_.pop_front();
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;
  session->second.is_paused = false;
  resumable_.insert(id);
}

void Core::handle(const ShutDown& event) {
  for (const auto& [id, peer] : peers_) {
    outbox_.send(id, protocol::Refusal{ErrorKind::kConnection, event.reason});
    outbox_.drop(id);
  }
  peers_.clear();
  sessions_.clear();
  workers_ = WorkerRegistry();
}

void Core::expel(PeerId peer, ErrorKind kind, const std::string& message) {
  outbox_.send(peer, protocol::Refusal{kind, message});
  forget(peer, message);
  outbox_.drop(peer);
}

void Core::forget(PeerId id, const std::string& reason) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  const Peer peer = found->second;
  peers_.erase(found);
  switch (peer.role) {
    case Role::client:
      return close_session(peer.id, reason);
    case Role::worker:
      return lose_worker(static_cast<WorkerId>(peer.id), reason);
    case Role::monitor:
    case Role::stranger:
      return;
  }
}

void Core::keep_alive() {
  for (const auto& [id, peer] : peers_)
    if (now_ms_ - peer.last_written_ms >= options_.heartbeat_ms)
      outbox_.send(id, protocol::Heartbeat{});
}

void Core::lose_silent_peers() {
  const std::uint64_t limit = std::uint64_t{options_.heartbeat_ms} * options_.silent_heartbeats;
  std::vector<PeerId> silent;
  for (const auto& [id, peer] : peers_)
    if (now_ms_ > peer.last_heard_ms + limit) silent.push_back(id);
  for (PeerId id : silent)
    handle(PeerLost{id, "nothing was heard from it for " + std::to_string(limit) + " ms"});
}

}  // namespace gt::dispatcher

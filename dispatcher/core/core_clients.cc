#include "common/config/environment.h"
#include "dispatcher/core/batch_planner.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/log_lines.h"

namespace gt::dispatcher {
namespace {

void check_version(std::uint32_t version) {
  if (version != protocol::kProtocolVersion)
    throw CommonError(ErrorKind::kProtocol, "this dispatcher speaks protocol version " +
                                                std::to_string(protocol::kProtocolVersion) +
                                                ", the client version " + std::to_string(version) +
                                                "; use one release of gt for both");
}

/// The session's time to wait for a worker: its own setting, or the dispatcher's.
std::uint64_t connect_timeout_of(const protocol::ClientHello& hello, std::uint64_t fallback_ms) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : hello.settings)
    entries.emplace_back(name).append("=").append(value);
  std::vector<const char*> pointers;
  for (const std::string& entry : entries) pointers.push_back(entry.c_str());
  const config::Environment settings = config::Environment::parse(pointers);
  if (!settings.is_set(config::Variable::connect_timeout)) return fallback_ms;
  return static_cast<std::uint64_t>(settings.duration(config::Variable::connect_timeout).count());
}

std::size_t payload_bytes(const protocol::ClientBatch& batch) {
  std::size_t bytes = 0;
  for (const protocol::InlinePayload& payload : batch.payloads) bytes += payload.bytes.size();
  return bytes;
}

std::string seconds_text(std::uint64_t ms) {
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
  return text + " s";
}

}  // namespace

void Core::greet(PeerId peer, const protocol::ClientHello& hello) {
  check_version(hello.version);
  const std::uint64_t timeout_ms = connect_timeout_of(hello, options_.connect_timeout_ms);
  Session& session = sessions_[next_session_];
  session.id = next_session_++;
  session.peer = peer;
  session.connect_timeout_ms = timeout_ms;
  session.process = hello.process;
  peers_[peer].role = Role::client;
  peers_[peer].id = session.id;
  give_home(session);
  outbox_.send(peer,
               protocol::ClientWelcome{session.id, static_cast<std::uint32_t>(workers_.size()),
                                       options_.credits, options_.heartbeat_ms});
  outbox_.send(peer, cluster_state());
  if (outbox_.keeps_log())
    outbox_.log(client_line(
        "CONNECT", session.id,
        "process=" + std::to_string(hello.process) + " version=" + hello.library_version));
}

void Core::handle_client(Session& session, protocol::Message message) {
  if (std::holds_alternative<protocol::Heartbeat>(message)) return;
  if (auto* batch = std::get_if<protocol::ClientBatch>(&message))
    return receive(session, std::move(*batch));
  if (std::holds_alternative<protocol::Goodbye>(message)) {
    const PeerId peer = session.peer;
    forget(peer, "it said goodbye");
    return outbox_.drop(peer);
  }
  violation("a client does not send " + std::string(protocol::name_of(message)));
}

void Core::receive(Session& session, protocol::ClientBatch batch) {
  LaneState& lane = session.lanes[batch.lane];
  if (batch.sequence != lane.next_sequence)
    violation("lane " + std::to_string(batch.lane) + " expects batch " +
              std::to_string(lane.next_sequence) + ", not " + std::to_string(batch.sequence));
  if (lane.outstanding.size() >= std::size_t{2} * options_.credits)
    violation("lane " + std::to_string(batch.lane) + " has " +
              std::to_string(lane.outstanding.size()) + " batches unacknowledged; its credit is " +
              std::to_string(options_.credits));
  if (batch.words.size() * sizeof(std::uint64_t) > protocol::kMaxBatchWordBytes ||
      payload_bytes(batch) > protocol::kMaxBatchPayloadBytes)
    violation("a batch of more than " + std::to_string(protocol::kMaxBatchWordBytes) +
              " bytes of words or " + std::to_string(protocol::kMaxBatchPayloadBytes) +
              " bytes of payloads");
  ++session.counters.batches;
  session.counters.uploaded_bytes += payload_bytes(batch);
  lane.outstanding.push_back({batch.sequence, false, 0});
  ++lane.next_sequence;
  if (!workers_.empty() || session.no_worker) return plan(session, std::move(batch));
  if (!session.waiting_since_ms) session.waiting_since_ms = now_ms_;
  session.waiting.push_back(std::move(batch));
}

void Core::receive(Session& session, FrameReceived frame) {
  if (frame.header.session != session.id)
    violation("a payload frame names session " + std::to_string(frame.header.session) +
              " on the connection of session " + std::to_string(session.id));
  session.counters.uploaded_bytes += frame.header.size;
  const std::size_t limit =
      workers_.empty() ? options_.max_waiting_payload_bytes : options_.max_early_payload_bytes;
  session.uploads.accept(std::move(frame), limit, workers_, outbox_);
}

void Core::plan(Session& session, protocol::ClientBatch batch) {
  touched_lanes_.emplace(session.id, batch.lane);
  BatchPlanner(session, workers_, outbox_, options_, batch).run();
}

void Core::plan_waiting(Session& session) {
  session.waiting_since_ms.reset();
  while (!session.waiting.empty()) {
    protocol::ClientBatch batch = std::move(session.waiting.front());
    session.waiting.pop_front();
    plan(session, std::move(batch));
  }
}

/// Fails the batches of sessions that waited for a first worker for too long, and those that
/// follow until one joins.
void Core::give_up_waiting() {
  std::vector<std::pair<PeerId, std::string>> violators;
  for (auto& [id, session] : sessions_) {
    if (!session.waiting_since_ms ||
        now_ms_ < *session.waiting_since_ms + session.connect_timeout_ms)
      continue;
    protocol::ErrorRecord error;
    error.kind = ErrorKind::kTimeout;
    error.message = "no worker joined within " + seconds_text(session.connect_timeout_ms) +
                    " (GT_CONNECT_TIMEOUT)";
    session.no_worker = error;
    outbox_.send(session.peer, protocol::ErrorReport{error});
    try {
      plan_waiting(session);
    } catch (const CommonError& violation_error) {
      violators.emplace_back(session.peer, violation_error.what());
    }
  }
  for (const auto& [peer, what] : violators) expel(peer, ErrorKind::kProtocol, what);
}

void Core::give_home(Session& session) {
  session.home = workers_.least_loaded();
  if (session.home != kNoWorker) ++workers_.at(session.home).sessions;
}

void Core::close_session(SessionId id, const std::string& reason) {
  const auto found = sessions_.find(id);
  for (const auto& [worker_id, stream] : found->second.streams)
    outbox_.send(workers_.at(worker_id).peer, protocol::SessionClosed{id});
  if (Worker* home = workers_.find(found->second.home)) --home->sessions;
  sessions_.erase(found);
  if (outbox_.keeps_log()) outbox_.log(client_line("DISCONNECT", id, "reason=" + reason));
}

}  // namespace gt::dispatcher

#include <algorithm>

#include "common/config/compile_settings.h"
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
std::uint64_t connect_timeout_of(const config::Environment& settings, std::uint64_t fallback_ms) {
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
  const config::Environment settings = config::Environment::of_settings(hello.settings);
  Session& session =
      sessions_.try_emplace(next_session_, options_.upload_window, options_.reply_window)
          .first->second;
  session.id = next_session_++;
  session.peer = peer;
  session.connect_timeout_ms = connect_timeout_of(settings, options_.connect_timeout_ms);
  session.settings = settings.session_settings();
  session.compile = config::compile_settings(settings);
  if (session.compile.auto_compile || session.compile.compile_all)
    session.programs.expect_programs();
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
  if (const auto* received = std::get_if<protocol::RepliesReceived>(&message))
    return receive(session, *received);
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
  if (session.unacknowledged >= std::uint64_t{2} * options_.credits)
    violation(std::to_string(session.unacknowledged) +
              " batches are unacknowledged; the session's credit is " +
              std::to_string(options_.credits));
  if (batch.words.size() * sizeof(std::uint64_t) > protocol::kMaxBatchWordBytes ||
      payload_bytes(batch) > protocol::kMaxBatchPayloadBytes)
    violation("a batch of more than " + std::to_string(protocol::kMaxBatchWordBytes) +
              " bytes of words or " + std::to_string(protocol::kMaxBatchPayloadBytes) +
              " bytes of payloads");
  ++session.counters.batches;
  session.counters.uploaded_bytes += payload_bytes(batch);
  BatchProgress progress;
  progress.sequence = batch.sequence;
  lane.outstanding.push_back(progress);
  ++lane.next_sequence;
  ++session.unacknowledged;
  session.waiting.emplace_back().batch = std::move(batch);
  if (workers_.empty() && !session.no_worker && !session.waiting_since_ms)
    session.waiting_since_ms = now_ms_;
  plan_waiting(session);
}

void Core::receive(Session& session, const protocol::RepliesReceived& received) {
  if (received.bytes < session.confirmed_reply_bytes || received.bytes > session.sent_reply_bytes)
    violation("replies of " + std::to_string(received.bytes) +
              " bytes are confirmed, more than were sent or fewer than before");
  const std::uint64_t fresh = received.bytes - session.confirmed_reply_bytes;
  session.confirmed_reply_bytes = received.bytes;
  session.reply_bytes.give_back(fresh);
  resumable_.insert(session.id);
}

void Core::receive(Session& session, FrameReceived frame) {
  if (frame.header.session != session.id)
    violation("a payload frame names session " + std::to_string(frame.header.session) +
              " on the connection of session " + std::to_string(session.id));
  session.counters.uploaded_bytes += frame.header.size;
  const bool is_waiting = workers_.empty() || !session.waiting.empty();
  const std::size_t limit =
      is_waiting ? options_.max_waiting_payload_bytes : options_.max_early_payload_bytes;
  session.uploads.accept(std::move(frame), limit, workers_, outbox_);
  if (session.uploads.open_count() > options_.max_open_uploads)
    violation("more than " + std::to_string(options_.max_open_uploads) +
              " uploads have not come in full");
}

/// Whether batches of the session have somewhere to go. A worker that has its share of them holds
/// the whole session: what is planned for several workers goes to all of them or to none.
bool Core::may_plan(const Session& session) const {
  if (workers_.empty() && !session.no_worker) return false;
  const std::uint32_t credits =
      session.programs.awaits_decisions()
          ? std::min(options_.worker_credits_before_use, options_.worker_credits)
          : options_.worker_credits;
  for (const auto& [id, stream] : session.streams)
    if (stream.outstanding.size() >= credits) return false;
  return true;
}

void Core::plan_waiting(Session& session) {
  if (!workers_.empty() || session.no_worker) session.waiting_since_ms.reset();
  std::uint32_t left = options_.instructions_a_turn;
  while (!session.is_paused && !session.waiting.empty() && may_plan(session)) {
    PendingBatch& batch = session.waiting.front();
    touched_lanes_.emplace(session.id, batch.batch.lane);
    switch (BatchPlanner(session, workers_, outbox_, options_, batch).run(left)) {
      case BatchPlanner::Outcome::complete:
        session.waiting.pop_front();
        session.programs.batch_planned();
        break;
      case BatchPlanner::Outcome::waits:
        return;
      case BatchPlanner::Outcome::paused:
        session.is_paused = true;
        paused_.push_back(session.id);
        break;
    }
  }
}

/// Fails the batches of sessions that waited for a first worker for too long, and those that
/// follow until one joins.
void Core::give_up_waiting() {
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
    resumable_.insert(id);
  }
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
  count_ended(found->second);
  sessions_.erase(found);
  if (outbox_.keeps_log()) outbox_.log(client_line("DISCONNECT", id, "reason=" + reason));
}

}  // namespace gt::dispatcher

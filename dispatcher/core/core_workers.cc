#include "dispatcher/core/core.h"
#include "dispatcher/core/log_lines.h"

namespace gt::dispatcher {
namespace {

void check_version(std::uint32_t version) {
  if (version != protocol::kProtocolVersion)
    throw CommonError(ErrorKind::kProtocol, "this dispatcher speaks protocol version " +
                                                std::to_string(protocol::kProtocolVersion) +
                                                ", the worker version " + std::to_string(version) +
                                                "; use one release of gt for both");
}

/// One answer to a fetch, of the size that the value has: its reader relies on that.
void check(const protocol::FetchReply& reply, const PendingFetch& fetch) {
  const std::string request = "request " + std::to_string(reply.request);
  if (fetch.is_replied) violation("a worker replies twice to " + request);
  if (reply.failed) return;
  if (reply.meta.byte_count() != fetch.bytes)
    violation("a worker replies to " + request + " with " +
              std::to_string(reply.meta.byte_count()) + " bytes, the value has " +
              std::to_string(fetch.bytes));
  if (!reply.is_inline && reply.payload != reply.request)
    violation("a fetch reply announces payload " + std::to_string(reply.payload) + " for " +
              request);
}

/// The loss as an error about one value.
protocol::ErrorRecord about(protocol::ErrorRecord origin, const protocol::ErrorRecord& loss) {
  origin.kind = loss.kind;
  origin.message = loss.message;
  return origin;
}

}  // namespace

void Core::greet(PeerId peer, const protocol::WorkerHello& hello) {
  check_version(hello.version);
  Worker& worker = workers_.add(peer, hello);
  peers_[peer].role = Role::worker;
  peers_[peer].id = worker.id;
  outbox_.send(peer, protocol::WorkerWelcome{worker.id, options_.heartbeat_ms});
  for (const auto& [id, other] : workers_.all()) {
    if (id == worker.id) continue;
    outbox_.send(peer, protocol::WorkerAddress{id, other.address});
    outbox_.send(other.peer, protocol::WorkerAddress{worker.id, worker.address});
  }
  if (outbox_.keeps_log())
    outbox_.log(worker_line(
        "CONNECT", worker.id,
        "name=" + hello.name + " device=" + hello.device + " backend=" + hello.backend));
  announce_cluster_state();
  for (auto& [id, session] : sessions_) {
    if (session.home == kNoWorker) give_home(session);
    session.no_worker.reset();
    resumable_.insert(id);
  }
}

protocol::ClusterState Core::cluster_state() {
  protocol::ClusterState state;
  for (const auto& [id, worker] : workers_.all()) {
    ++state.workers;
    if (worker.device.starts_with("cuda")) ++state.gpu_workers;
  }
  return state;
}

void Core::announce_cluster_state() {
  const protocol::ClusterState state = cluster_state();
  for (const auto& [id, session] : sessions_) outbox_.send(session.peer, state);
}

void Core::handle_worker(Worker& worker, protocol::Message message) {
  if (std::holds_alternative<protocol::Heartbeat>(message)) return;
  if (const auto* done = std::get_if<protocol::WorkerAcknowledgement>(&message))
    return receive(worker, *done);
  if (auto* reply = std::get_if<protocol::WorkerFetchReply>(&message))
    return receive(worker, std::move(*reply));
  if (const auto* failure = std::get_if<protocol::PayloadFailed>(&message))
    return receive(worker, *failure);
  if (const auto* other = std::get_if<protocol::WorkerAddress>(&message))
    return reconnect(worker, other->address);
  if (auto* report = std::get_if<protocol::WorkerErrorReport>(&message)) {
    const auto session = sessions_.find(report->session);
    if (session != sessions_.end() && session->second.streams.contains(worker.id)) {
      ++session->second.counters.errors;
      outbox_.send(session->second.peer, protocol::ErrorReport{std::move(report->error)});
    }
    return;
  }
  if (auto* report = std::get_if<protocol::SequenceReport>(&message))
    return receive(worker, std::move(*report));
  if (std::holds_alternative<protocol::Goodbye>(message)) {
    const PeerId peer = worker.peer;
    forget(peer, "it left");
    return outbox_.drop(peer);
  }
  violation("a worker does not send " + std::string(protocol::name_of(message)));
}

void Core::receive(Worker& worker, const protocol::WorkerAcknowledgement& acknowledgement) {
  worker.memory_used = acknowledgement.memory_used;
  for (const protocol::SessionProgress& progress : acknowledgement.sessions) {
    const auto session = sessions_.find(progress.session);
    if (session == sessions_.end()) continue;
    const auto stream = session->second.streams.find(worker.id);
    if (stream == session->second.streams.end() ||
        progress.executed >= stream->second.next_sequence)
      violation("a worker acknowledges batch " + std::to_string(progress.executed) +
                " of session " + std::to_string(progress.session) + ", which it was not sent");
    auto& outstanding = stream->second.outstanding;
    for (; !outstanding.empty() && outstanding.front().sequence <= progress.executed;
         outstanding.pop_front())
      settle(session->second, outstanding.front());
    resumable_.insert(progress.session);
  }
}

/// One planned batch less to wait for in the client's batch it came from.
void Core::settle(Session& session, const OutstandingBatch& batch) {
  session.upload_bytes.give_back(batch.upload_bytes);
  if (BatchProgress* progress = session.lanes[batch.lane].find(batch.client_sequence)) {
    --progress->remaining;
    touched_lanes_.emplace(session.id, batch.lane);
  }
}

void Core::receive(const Worker& worker, protocol::WorkerFetchReply message) {
  const auto session = sessions_.find(message.session);
  if (session == sessions_.end()) return;
  auto& fetches = session->second.fetches;
  const auto fetch = fetches.find(message.reply.request);
  if (fetch == fetches.end() || fetch->second.worker != worker.id) return;
  check(message.reply, fetch->second);
  const bool has_frames = !message.reply.failed && !message.reply.is_inline;
  fetch->second.is_replied = true;
  session->second.counters.fetched_bytes += message.reply.bytes.size();
  session->second.sent_reply_bytes += protocol::kReplyOverheadBytes + message.reply.bytes.size();
  if (message.reply.failed) give_back(session->second, fetch->second);
  if (!has_frames || fetch->second.has_all_bytes) fetches.erase(fetch);
  outbox_.send(session->second.peer, std::move(message.reply));
}

void Core::receive(const Worker& worker, const protocol::PayloadFailed& failure) {
  const auto session = sessions_.find(failure.session);
  if (session == sessions_.end()) return;
  auto& fetches = session->second.fetches;
  const auto fetch = fetches.find(failure.payload);
  if (fetch == fetches.end() || fetch->second.worker != worker.id) return;
  give_back(session->second, fetch->second);
  fetches.erase(fetch);
  outbox_.send(session->second.peer, failure);
}

/// The elements of a fetch that failed will not come, so the client will not confirm them; nor the
/// reply itself, if only the failure of its payload is sent.
void Core::give_back(Session& session, const PendingFetch& fetch) {
  if (!fetch.has_all_bytes) session.reply_bytes.give_back(fetch.bytes);
  if (!fetch.is_replied) session.reply_bytes.give_back(protocol::kReplyOverheadBytes);
  resumable_.insert(session.id);
}

void Core::receive(const Worker& worker, FrameReceived frame) {
  const auto session = sessions_.find(frame.header.session);
  if (session == sessions_.end()) return;
  auto& fetches = session->second.fetches;
  const auto fetch = fetches.find(frame.header.payload);
  if (fetch == fetches.end() || fetch->second.worker != worker.id) return;
  PendingFetch& pending = fetch->second;
  if (pending.has_all_bytes || frame.header.total != pending.bytes ||
      frame.header.offset != pending.forwarded)
    violation("a worker's frame at " + std::to_string(frame.header.offset) + " of " +
              std::to_string(frame.header.total) + " bytes, where " +
              std::to_string(pending.forwarded) + " of " + std::to_string(pending.bytes) +
              " came of request " + std::to_string(frame.header.payload));
  pending.forwarded += frame.header.size;
  pending.has_all_bytes = frame.header.is_last();
  if (pending.has_all_bytes) session->second.sent_reply_bytes += pending.bytes;
  session->second.counters.fetched_bytes += frame.header.size;
  if (pending.is_replied && pending.has_all_bytes) fetches.erase(fetch);
  outbox_.forward(session->second.peer, std::move(frame.bytes), std::move(frame.attachment));
}

void Core::lose_worker(WorkerId id, const std::string& reason) {
  const Worker lost = std::move(workers_.at(id));
  workers_.remove(id);
  protocol::ErrorRecord loss;
  loss.kind = ErrorKind::kWorkerLost;
  loss.message = "worker " + std::to_string(id) + " (" + lost.name + ") was lost: " + reason;
  if (outbox_.keeps_log()) outbox_.log(worker_line("DISCONNECT", id, "reason=" + reason));
  for (const auto& [other_id, other] : workers_.all())
    outbox_.send(other.peer, protocol::WorkerAddress{id, ""});
  announce_cluster_state();
  outbox_.clean_up(lost.address);
  fail_transfers(id, loss);
  for (auto& [session_id, session] : sessions_) {
    if (const auto stream = session.streams.find(id); stream != session.streams.end()) {
      for (const OutstandingBatch& batch : stream->second.outstanding) settle(session, batch);
      session.upload_bytes.give_back(stream->second.upload_bytes);
      session.streams.erase(stream);
    }
    resumable_.insert(session_id);
    session.uploads.lose(id);
    lose_programs(session, id, loss);
    lose_fetches(session, id, loss);
    lose_values(session, id, loss);
    if (session.home == id) give_home(session);
    if (workers_.empty()) fail_until_a_worker_joins(session, loss);
  }
}

/// Instructions wait for a first worker only: what the last one held is gone, and waiting for
/// another would keep the error from the program.
void Core::fail_until_a_worker_joins(Session& session, const protocol::ErrorRecord& loss) {
  session.no_worker = loss;
  session.no_worker->message += "; no worker is left";
}

/// Messages between the worker and the one at `address` were lost, nobody knows which: what is
/// under way between them fails, and what comes later takes new connections.
void Core::reconnect(const Worker& worker, const std::string& address) {
  for (const auto& [id, other] : workers_.all()) {
    if (other.address != address || id == worker.id) continue;
    protocol::ErrorRecord loss;
    loss.kind = ErrorKind::kWorkerLost;
    loss.message = "messages between worker " + std::to_string(worker.id) + " (" + worker.name +
                   ") and worker " + std::to_string(id) + " (" + other.name + ") were lost";
    outbox_.send(other.peer, protocol::WorkerAddress{worker.id, worker.address});
    outbox_.send(worker.peer, protocol::WorkerAddress{id, other.address});
    fail_transfers(id, loss, worker.id);
    fail_transfers(worker.id, loss, id);
  }
}

void Core::fail_transfers(WorkerId from, const protocol::ErrorRecord& loss,
                          std::optional<WorkerId> to) {
  for (const auto& [session_id, session] : sessions_)
    for (const auto& [worker, stream] : session.streams) {
      if (worker == from || (to && worker != *to)) continue;
      const auto fail = [&, id = session_id, peer = workers_.at(worker).peer](
                            const std::vector<IncomingTransfer>& transfers) {
        for (const IncomingTransfer& transfer : transfers)
          if (transfer.from == from)
            outbox_.send(peer, protocol::PayloadFailed{id, transfer.payload, loss});
      };
      for (const OutstandingBatch& batch : stream.outstanding) fail(batch.transfers);
      fail(stream.transfers);
    }
}

void Core::lose_fetches(Session& session, WorkerId id, const protocol::ErrorRecord& loss) {
  for (auto fetch = session.fetches.begin(); fetch != session.fetches.end();) {
    if (fetch->second.worker != id) {
      ++fetch;
      continue;
    }
    const protocol::ErrorRecord error = about(fetch->second.origin, loss);
    const bool is_replied = std::exchange(fetch->second.is_replied, true);
    give_back(session, fetch->second);
    if (is_replied) {
      outbox_.send(session.peer, protocol::PayloadFailed{session.id, fetch->first, error});
    } else {
      protocol::FetchReply reply;
      reply.request = fetch->first;
      reply.failed = true;
      reply.error = error;
      session.sent_reply_bytes += protocol::kReplyOverheadBytes;
      outbox_.send(session.peer, std::move(reply));
    }
    fetch = session.fetches.erase(fetch);
  }
}

/// Values that lived on the worker only are lost; the client hears of the oldest.
void Core::lose_values(Session& session, WorkerId id, const protocol::ErrorRecord& loss) {
  std::optional<ValueId> oldest;
  session.values.for_each([&](ValueId value_id, Value& value) {
    if (!value.remove_holder(id) || !value.holders().empty()) return;
    protocol::ErrorRecord origin;
    origin.op = row_of(value.op).name;
    origin.lane = lane_of(value_id);
    origin.site = value.site;
    origin.value = value_id;
    value.loss = std::make_shared<const protocol::ErrorRecord>(about(std::move(origin), loss));
    if (!oldest || value_id < *oldest) oldest = value_id;
  });
  if (oldest)
    outbox_.send(session.peer, protocol::ErrorReport{*session.values.find(*oldest)->loss});
}

}  // namespace gt::dispatcher

#include "worker/io/peer_link.h"

#include <fmt/format.h>

#include <utility>

#include "common/log/logging.h"
#include "worker/io/peer_address.h"

namespace gt::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kIdle = 500ms;
constexpr auto kRoomCheck = 10ms;
/// What a cut took along shows when more comes: something does for so long after the last payload.
constexpr auto kHeartbeat = 500ms;
constexpr auto kHeartbeatTime = 10s;
/// Longer than the dispatcher takes to notice that a worker has died.
constexpr auto kAnswerTime = 5s;

}  // namespace

PeerLink::PeerLink(const std::string& dispatcher_address, Inbox& inbox)
    : inbox_(inbox),
      listener_(transport::listen(peer_address_beside(dispatcher_address))),
      address_(listener_->address()),
      mail_([this] { listener_->wake(); }),
      thread_([this] { run(); }) {}

PeerLink::~PeerLink() {
  ends_ = true;
  listener_->wake();
  thread_.join();
}

void PeerLink::run() {
  while (!ends_) {
    for (Mail& mail : mail_.take())
      std::visit([this](auto& content) { handle(std::move(content)); }, mail);
    const bool more_frames = send_frames();
    keep_alive();
    if (inbox_.wait_for_room(kRoomCheck))
      receive(more_frames ? 0ms : kIdle);
    else
      reassure_sources();
    report_broken_sources();
  }
}

void PeerLink::handle(protocol::WorkerAddress worker) {
  peers_.erase(worker.worker);
  if (worker.address.empty() || worker.address == address_) return;
  try {
    Peer& peer = peers_
                     .try_emplace(worker.worker, transport::connect(worker.address),
                                  [this] { listener_->wake(); })
                     .first->second;
    peer.address = std::move(worker.address);
    // Says who connects.
    static_cast<void>(peer.endpoint->send(transport::kServer, transport::Lane::control,
                                          protocol::encode(protocol::WorkerAddress{0, address_})));
  } catch (const CommonError& error) {
    logging::error(fmt::format("worker {} cannot be reached: {}", worker.worker, error.what()));
  }
}

void PeerLink::handle(ToWorker mail) {
  const auto found = peers_.find(mail.worker);
  if (found == peers_.end()) {
    logging::warning(fmt::format("a payload for worker {}, which is not there", mail.worker));
    return;
  }
  found->second.last_payload = Clock::now();
  if (auto* payload = std::get_if<OutgoingPayload>(&mail.content)) {
    found->second.frames.add(std::move(*payload));
    return;
  }
  const auto& message = std::get<protocol::Message>(mail.content);
  if (!found->second.endpoint->send(transport::kServer, transport::Lane::control,
                                    protocol::encode(message)))
    lose(mail.worker);
}

void PeerLink::handle(const Expelled& expelled) {
  listener_->drop(expelled.source);
  report_source(expelled.source, expelled.reason);
}

/// Sends a few frames to every peer; returns whether some are left.
bool PeerLink::send_frames() {
  bool more = false;
  for (auto entry = peers_.begin(); entry != peers_.end();) {
    Peer& peer = entry->second;
    const protocol::WorkerId worker = entry->first;
    ++entry;
    if (!peer.frames.is_idle()) peer.last_payload = Clock::now();
    if (!peer.frames.can_send()) continue;
    const bool is_sent = peer.frames.send_some(
        peer.endpoint->shares_memory(transport::kServer),
        [&peer](std::vector<std::byte> bytes, transport::SharedBlockRef attachment) {
          return peer.endpoint->send(transport::kServer, transport::Lane::bulk, std::move(bytes),
                                     std::move(attachment));
        });
    if (!is_sent)
      lose(worker);
    else
      more = more || peer.frames.can_send();
  }
  return more;
}

void PeerLink::lose(protocol::WorkerId worker) {
  const auto peer = peers_.extract(worker);
  logging::warning(fmt::format("lost the connection to worker {}", worker));
  report(peer.mapped().address);
}

void PeerLink::receive(std::chrono::milliseconds timeout) {
  if (auto incoming = listener_->receive(timeout)) take_in(std::move(*incoming));
}

void PeerLink::take_in(transport::Incoming incoming) {
  const transport::PeerId sender = incoming.peer;
  try {
    if (incoming.lane == transport::Lane::bulk) {
      payload::ReceivedFrame frame = payload::read_frame(std::move(incoming));
      const std::size_t memory = frame.memory();
      return inbox_.push(FromWorker{sender, std::move(frame)}, memory);
    }
    protocol::Message message = protocol::decode(incoming.bytes);
    const std::size_t size = incoming.bytes.size();
    if (auto* failed = std::get_if<protocol::PayloadFailed>(&message))
      inbox_.push(FromWorker{sender, std::move(*failed)}, size);
    else if (auto* source = std::get_if<protocol::WorkerAddress>(&message))
      sources_[sender] = std::move(source->address);
    else if (std::holds_alternative<protocol::Heartbeat>(message))
      static_cast<void>(
          listener_->send(sender, transport::Lane::control, protocol::encode(message)));
    else
      logging::error(fmt::format("a {} from another worker", protocol::name_of(message)));
  } catch (const CommonError& error) {
    handle(Expelled{sender, fmt::format("a malformed message: {}", error.what())});
  }
}

/// Peers that got payloads lately hear heartbeats, and answer them.
void PeerLink::keep_alive() {
  const auto now = Clock::now();
  for (auto entry = peers_.begin(); entry != peers_.end();) {
    Peer& peer = entry->second;
    const protocol::WorkerId worker = entry->first;
    ++entry;
    if (!is_answering(peer)) {
      lose(worker);
    } else if (now - peer.last_payload <= kHeartbeatTime &&
               now - peer.last_heartbeat >= kHeartbeat) {
      peer.last_heartbeat = now;
      if (!peer.unanswered_since) peer.unanswered_since = now;
      static_cast<void>(peer.endpoint->send(transport::kServer, transport::Lane::control,
                                            protocol::encode(protocol::Heartbeat{})));
    }
  }
}

bool PeerLink::is_answering(Peer& peer) {
  try {
    while (peer.endpoint->try_receive()) peer.unanswered_since.reset();
  } catch (const CommonError& error) {
    logging::error(fmt::format("the worker at {}: {}", peer.address, error.what()));
    return false;
  }
  return !peer.unanswered_since || Clock::now() - *peer.unanswered_since < kAnswerTime;
}

/// While the executor is behind, nothing is read, and no heartbeat answered: they hear of us so.
void PeerLink::reassure_sources() {
  if (Clock::now() - last_reassured_ < kHeartbeat) return;
  last_reassured_ = Clock::now();
  for (const auto& [peer, address] : sources_)
    static_cast<void>(
        listener_->send(peer, transport::Lane::control, protocol::encode(protocol::Heartbeat{})));
}

void PeerLink::on_broken(OnBroken action) {
  const std::lock_guard lock(broken_mutex_);
  on_broken_ = std::move(action);
}

void PeerLink::report(const std::string& address) {
  const std::lock_guard lock(broken_mutex_);
  if (on_broken_) on_broken_(address);
}

void PeerLink::report_broken_sources() {
  for (const transport::PeerId peer : listener_->take_broken())
    report_source(peer, "messages were lost");
}

/// Once for each connection: what is under way on it fails.
void PeerLink::report_source(transport::PeerId peer, const std::string& problem) {
  const auto source = sources_.extract(peer);
  if (source.empty()) return;
  logging::error(fmt::format("the worker at {}: {}", source.mapped(), problem));
  report(source.mapped());
}

}  // namespace gt::worker

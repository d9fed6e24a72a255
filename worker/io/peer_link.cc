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
    if (inbox_.wait_for_room(kRoomCheck)) receive(more_frames ? 0ms : kIdle);
  }
}

void PeerLink::handle(protocol::WorkerAddress worker) {
  peers_.erase(worker.worker);
  if (worker.address.empty() || worker.address == address_) return;
  try {
    peers_.try_emplace(worker.worker, transport::connect(worker.address),
                       [this] { listener_->wake(); });
  } catch (const CommonError& error) {
    lose(worker.worker);
    logging::error(fmt::format("worker {} cannot be reached: {}", worker.worker, error.what()));
  }
}

void PeerLink::handle(ToWorker mail) {
  const auto found = peers_.find(mail.worker);
  if (found == peers_.end()) {
    logging::warning(fmt::format("a payload for worker {}, which is not there", mail.worker));
    return;
  }
  if (auto* payload = std::get_if<OutgoingPayload>(&mail.content)) {
    found->second.frames.add(std::move(*payload));
    return;
  }
  const auto& message = std::get<protocol::Message>(mail.content);
  if (!found->second.endpoint->send(transport::kServer, transport::Lane::control,
                                    protocol::encode(message)))
    lose(mail.worker);
}

/// Sends a few frames to every peer; returns whether some are left.
bool PeerLink::send_frames() {
  bool more = false;
  for (auto entry = peers_.begin(); entry != peers_.end();) {
    Peer& peer = entry->second;
    const protocol::WorkerId worker = entry->first;
    ++entry;
    if (!take_back(peer)) {
      lose(worker);
      continue;
    }
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

/// Lets go of memory that the peer, who sends nothing, has given back; false if it is lost.
bool PeerLink::take_back(Peer& peer) {
  try {
    static_cast<void>(peer.endpoint->try_receive());
    return true;
  } catch (const CommonError& error) {
    logging::error(fmt::format("a connection to another worker: {}", error.what()));
    return false;
  }
}

void PeerLink::lose(protocol::WorkerId worker) {
  peers_.erase(worker);
  logging::warning(fmt::format("lost the connection to worker {}", worker));
}

void PeerLink::receive(std::chrono::milliseconds timeout) {
  auto incoming = listener_->receive(timeout);
  if (!incoming) return;
  const transport::PeerId sender = incoming->peer;
  try {
    const std::size_t size = incoming->bytes.size();
    if (incoming->lane == transport::Lane::bulk)
      return inbox_.push(payload::read_frame(std::move(*incoming)));
    protocol::Message message = protocol::decode(incoming->bytes);
    if (auto* failed = std::get_if<protocol::PayloadFailed>(&message))
      inbox_.push(std::move(*failed), size);
    else
      logging::error(fmt::format("a {} from another worker", protocol::name_of(message)));
  } catch (const CommonError& error) {
    listener_->drop(sender);
    logging::error(fmt::format("a malformed message from another worker: {}", error.what()));
  }
}

}  // namespace gt::worker

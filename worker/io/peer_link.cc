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
    peers_[worker.worker].endpoint = transport::connect(worker.address);
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
    if (peer.frames.is_idle()) continue;
    const bool is_sent = peer.frames.send_some([&peer](std::vector<std::byte> frame) {
      return peer.endpoint->send(transport::kServer, transport::Lane::bulk, std::move(frame));
    });
    if (!is_sent)
      lose(worker);
    else
      more = more || !peer.frames.is_idle();
  }
  return more;
}

void PeerLink::lose(protocol::WorkerId worker) {
  peers_.erase(worker);
  logging::warning(fmt::format("lost the connection to worker {}", worker));
}

void PeerLink::receive(std::chrono::milliseconds timeout) {
  const auto incoming = listener_->receive(timeout);
  if (!incoming) return;
  try {
    protocol::Message message = protocol::decode(incoming->bytes);
    const std::size_t size = incoming->bytes.size();
    if (auto* frame = std::get_if<protocol::PayloadFrame>(&message))
      inbox_.push(std::move(*frame), size);
    else if (auto* failed = std::get_if<protocol::PayloadFailed>(&message))
      inbox_.push(std::move(*failed), size);
    else
      logging::error(fmt::format("a {} from another worker", protocol::name_of(message)));
  } catch (const CommonError& error) {
    listener_->drop(incoming->peer);
    logging::error(fmt::format("a malformed message from another worker: {}", error.what()));
  }
}

}  // namespace gt::worker

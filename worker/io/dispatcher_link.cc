#include "worker/io/dispatcher_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/log/logging.h"

namespace gt::worker {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// Until the welcome tells the right one.
constexpr milliseconds kFirstHeartbeat = 500ms;
/// The dispatcher counts as lost after so many silent heartbeats.
constexpr int kSilentHeartbeats = 6;
/// A hello that is not answered in this time is repeated on a fresh connection.
constexpr milliseconds kWelcomeTime = 5s;
constexpr milliseconds kRoomCheck = 10ms;

}  // namespace

DispatcherLink::DispatcherLink(const std::string& address, Inbox& inbox, PeerLink& peers)
    : inbox_(inbox),
      peers_(peers),
      endpoint_(transport::connect(address)),
      mail_([this] { endpoint_->wake(); }),
      heartbeat_(kFirstHeartbeat) {}

void DispatcherLink::stop() {
  stops_ = true;
  endpoint_->wake();
}

LinkEnd DispatcherLink::run(protocol::WorkerHello hello) {
  last_heard_ = Clock::now();
  if (!send_now(std::move(hello))) return LinkEnd::unanswered;
  while (!stops_) {
    if (!flush() || !keep_alive()) return is_welcome_ ? LinkEnd::lost : LinkEnd::unanswered;
    if (inbox_.wait_for_room(kRoomCheck))
      receive();
    else
      last_heard_ = Clock::now();  // nobody listens; silence means nothing
    if (end_) return *end_;
  }
  static_cast<void>(send_now(protocol::Goodbye{}));
  return LinkEnd::stopped;
}

bool DispatcherLink::send_now(const protocol::Message& message) {
  last_sent_ = Clock::now();
  return endpoint_->send(transport::kServer, transport::Lane::control, protocol::encode(message));
}

/// Sends what waits: every small message, some frames. False if the dispatcher is lost.
bool DispatcherLink::flush() {
  for (Mail& mail : mail_.take()) {
    if (auto* payload = std::get_if<OutgoingPayload>(&mail))
      frames_.add(std::move(*payload));
    else if (!send_now(std::get<protocol::Message>(mail)))
      return false;
  }
  return frames_.send_some(*endpoint_, transport::kServer);
}

milliseconds DispatcherLink::patience() const {
  return is_welcome_ ? heartbeat_ * kSilentHeartbeats : kWelcomeTime;
}

/// Sends a heartbeat if one is due. False if the dispatcher was silent for too long.
bool DispatcherLink::keep_alive() {
  const auto now = Clock::now();
  if (now - last_heard_ > patience()) {
    if (is_welcome_) logging::error("lost the dispatcher: it fell silent");
    return false;
  }
  if (!is_welcome_ || now - last_sent_ < heartbeat_) return true;
  return send_now(protocol::Heartbeat{});
}

void DispatcherLink::receive() {
  const auto next = std::min(last_sent_ + heartbeat_, last_heard_ + patience()) - Clock::now();
  const auto timeout =
      frames_.is_idle() ? std::max(1ms, std::chrono::ceil<milliseconds>(next)) : 0ms;
  const auto incoming = endpoint_->receive(std::min(timeout, heartbeat_));
  if (!incoming) return;
  last_heard_ = Clock::now();
  try {
    dispatch(protocol::decode(incoming->bytes), incoming->bytes.size());
  } catch (const CommonError& error) {
    logging::error(fmt::format("a malformed message from the dispatcher: {}", error.what()));
  }
}

void DispatcherLink::dispatch(protocol::Message message, std::size_t size) {
  if (auto* batch = std::get_if<protocol::PlannedBatch>(&message)) {
    inbox_.push(std::move(*batch), size);
  } else if (auto* frame = std::get_if<protocol::PayloadFrame>(&message)) {
    inbox_.push(std::move(*frame), size);
  } else if (auto* failed = std::get_if<protocol::PayloadFailed>(&message)) {
    inbox_.push(std::move(*failed), size);
  } else if (auto* closed = std::get_if<protocol::SessionClosed>(&message)) {
    inbox_.push(*closed, size);
  } else if (auto* address = std::get_if<protocol::WorkerAddress>(&message)) {
    peers_.announce(std::move(*address));
  } else if (const auto* welcome = std::get_if<protocol::WorkerWelcome>(&message)) {
    is_welcome_ = true;
    heartbeat_ = milliseconds(std::max<std::uint32_t>(1, welcome->heartbeat_ms));
    logging::info(fmt::format("joined as worker {}", welcome->worker));
  } else if (const auto* refusal = std::get_if<protocol::Refusal>(&message)) {
    refuse(*refusal);
  } else if (!std::holds_alternative<protocol::Heartbeat>(message)) {
    logging::error(fmt::format("an unexpected {} from the dispatcher", protocol::name_of(message)));
  }
}

/// An orderly end of the dispatcher is no error; that it does not want this worker is one.
void DispatcherLink::refuse(const protocol::Refusal& refusal) {
  const bool is_error = !is_welcome_ || refusal.kind == ErrorKind::kProtocol;
  logging::write(is_error ? logging::Level::error : logging::Level::warning,
                 fmt::format("the dispatcher ended the connection: {}", refusal.message));
  end_ = is_welcome_ ? LinkEnd::lost : LinkEnd::refused;
}

}  // namespace gt::worker

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
/// How often the link's thread looks for messages: seldom, for the executor reads them itself; but
/// often when they come while it computes.
constexpr milliseconds kSeldom = 50ms;
constexpr milliseconds kOften = 1ms;
/// The executor looks up from its wait so often; bounds how late silence is noticed.

}  // namespace

DispatcherLink::DispatcherLink(const std::string& address, Inbox& inbox, PeerLink& peers)
    : inbox_(inbox),
      peers_(peers),
      connection_(transport::connect(address),
                  [this](transport::Incoming incoming) { return receive(std::move(incoming)); }),
      heartbeat_(kFirstHeartbeat),
      frames_([this] { woken_.notify_one(); }) {
  inbox_.on_filled([this] { connection_.notify(); });
}

void DispatcherLink::stop() { end(LinkEnd::stopped); }

void DispatcherLink::end(LinkEnd how) {
  const std::lock_guard lock(mutex_);
  if (!end_) end_ = how;
  woken_.notify_one();
}

LinkEnd DispatcherLink::run(const protocol::WorkerHello& hello) {
  send(hello);
  while (true) {
    bool is_busy = inbox_.has_room() && receive_available();
    is_busy = flush_payloads() || is_busy;
    keep_alive();
    std::unique_lock lock(mutex_);
    if (!end_ && payloads_.empty() && !frames_.can_send())
      woken_.wait_for(lock, is_busy ? kOften : std::min(kSeldom, heartbeat_.load()));
    if (end_) break;
  }
  const LinkEnd how = *find_end();
  if (how == LinkEnd::stopped) send(protocol::Goodbye{});
  return how;
}

std::optional<LinkEnd> DispatcherLink::find_end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

void DispatcherLink::send(const protocol::Message& message) {
  if (!connection_.send(transport::Lane::control, protocol::encode(message)))
    end(is_welcome_ ? LinkEnd::lost : LinkEnd::unanswered);
}

void DispatcherLink::send(OutgoingPayload payload) {
  if (payload::can_be_lent(payload) && connection_.shares_memory()) {
    if (!payload::send_whole(payload, send_frame_)) end(LinkEnd::lost);
    return;
  }
  const std::lock_guard lock(mutex_);
  payloads_.push_back(std::move(payload));
  woken_.notify_one();
}

void DispatcherLink::wait_for_change(std::uint64_t seen, std::chrono::microseconds longest) {
  guard([&] {
    connection_.wait_for_change(seen, longest);
    return true;
  });
}

bool DispatcherLink::receive_available() {
  return guard([this] { return connection_.receive_available(); });
}

/// A connection that has lost messages is over; gives false then.
template <class Receive>
bool DispatcherLink::guard(Receive&& receive) {
  try {
    return receive();
  } catch (const CommonError& error) {
    logging::error(fmt::format("lost the dispatcher: {}", error.what()));
    end(is_welcome_ ? LinkEnd::lost : LinkEnd::unanswered);
    return false;
  }
}

/// Sends some frames of the payloads that wait. Returns whether there were any.
bool DispatcherLink::flush_payloads() {
  {
    const std::lock_guard lock(mutex_);
    for (OutgoingPayload& payload : payloads_) frames_.add(std::move(payload));
    payloads_.clear();
  }
  if (frames_.is_idle()) return false;
  const bool is_sent = frames_.send_some(connection_.shares_memory(), send_frame_);
  if (!is_sent) end(LinkEnd::lost);
  return true;
}

milliseconds DispatcherLink::patience() const {
  return is_welcome_ ? heartbeat_.load() * kSilentHeartbeats : kWelcomeTime;
}

/// Sends a heartbeat if one is due; ends the link if the dispatcher was silent for too long.
void DispatcherLink::keep_alive() {
  if (connection_.silence() > patience()) {
    if (is_welcome_) logging::error("lost the dispatcher: it fell silent");
    end(is_welcome_ ? LinkEnd::lost : LinkEnd::unanswered);
  } else if (is_welcome_ && Clock::now() - connection_.last_sent() >= heartbeat_.load() / 2) {
    send(protocol::Heartbeat{});
  }
}

bool DispatcherLink::receive(transport::Incoming incoming) {
  try {
    if (incoming.lane == transport::Lane::bulk)
      inbox_.push(payload::read_frame(std::move(incoming)));
    else
      dispatch(protocol::decode(incoming.bytes), incoming.bytes.size());
  } catch (const CommonError& error) {
    logging::error(fmt::format("a malformed message from the dispatcher: {}", error.what()));
  }
  return inbox_.has_room();
}

void DispatcherLink::dispatch(protocol::Message message, std::size_t size) {
  if (auto* batch = std::get_if<protocol::PlannedBatch>(&message)) {
    inbox_.push(std::move(*batch), size);
  } else if (auto* failed = std::get_if<protocol::PayloadFailed>(&message)) {
    inbox_.push(std::move(*failed), size);
  } else if (auto* closed = std::get_if<protocol::SessionClosed>(&message)) {
    inbox_.push(*closed, size);
  } else if (auto* address = std::get_if<protocol::WorkerAddress>(&message)) {
    peers_.announce(std::move(*address));
  } else if (const auto* answer = std::get_if<protocol::WorkerWelcome>(&message)) {
    welcome(*answer);
  } else if (const auto* refusal = std::get_if<protocol::Refusal>(&message)) {
    refuse(*refusal);
  } else if (!std::holds_alternative<protocol::Heartbeat>(message)) {
    logging::error(fmt::format("an unexpected {} from the dispatcher", protocol::name_of(message)));
  }
}

void DispatcherLink::welcome(const protocol::WorkerWelcome& welcome) {
  heartbeat_ = milliseconds(std::max<std::uint32_t>(1, welcome.heartbeat_ms));
  is_welcome_ = true;
  logging::info(fmt::format("joined as worker {}", welcome.worker));
}

/// An orderly end of the dispatcher is no error; that it does not want this worker is one.
void DispatcherLink::refuse(const protocol::Refusal& refusal) {
  const bool is_error = !is_welcome_ || refusal.kind == ErrorKind::kProtocol;
  logging::write(is_error ? logging::Level::error : logging::Level::warning,
                 fmt::format("the dispatcher ended the connection: {}", refusal.message));
  end(is_welcome_ ? LinkEnd::lost : LinkEnd::refused);
}

}  // namespace gt::worker

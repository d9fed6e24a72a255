#include "dispatcher/server.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/log/logging.h"
#include "common/payload/payload_sender.h"
#include "common/payload/received_frame.h"
#include "common/process/time_slice.h"
#include "common/transport/beside.h"
#include "common/transport/local_block.h"

namespace gt::dispatcher {
namespace {

constexpr std::chrono::milliseconds kTickPeriod{100};

CoreOptions core_options(const ServerOptions& options) {
  CoreOptions core = options.core;
  core.log_instructions = !options.instruction_log.empty();
  return core;
}

/// Sends a whole payload in parts.
bool send_cut(const ForwardFrame& action, const payload::Send& send) {
  const auto header = protocol::read_frame_header(action.bytes, action.attachment->size());
  // A copy: whoever lent the memory could change it after it has been sealed.
  const std::span<const std::byte> bytes = action.attachment->bytes();
  const auto copy =
      std::make_shared<transport::LocalBlock>(std::vector<std::byte>(bytes.begin(), bytes.end()));
  return payload::send_in_parts({header.session, header.payload, copy}, send);
}

}  // namespace

Server::Server(ServerOptions options, std::unique_ptr<transport::Endpoint> endpoint)
    : options_(std::move(options)),
      endpoint_(std::move(endpoint)),
      core_(core_options(options_)),
      start_(Clock::now()) {
  if (!options_.instruction_log.empty())
    log_ = std::make_unique<log::InstructionLog>(options_.instruction_log);
  transport::remove_abandoned_beside(address());
}

void Server::stop() noexcept {
  must_stop_ = true;
  endpoint_->wake();
}

void Server::run() {
  process::set_time_slice(process::kShortSlice);  // every session waits for this thread
  const auto period = std::min(
      kTickPeriod, std::chrono::milliseconds(std::max(1u, options_.core.heartbeat_ms / 4)));
  std::string reason = "the dispatcher was stopped";
  auto next_tick = Clock::now();
  while (!must_stop_) {
    if (const auto now = Clock::now(); now >= next_tick) {
      next_tick = now + period;
      tick();
      if (lifeline_has_ended()) {
        reason = "the process that owns the dispatcher has ended";
        break;
      }
    }
    auto incoming = core_.has_more() ? endpoint_->try_receive() : receive_until(next_tick);
    if (incoming) feed(event_of(std::move(*incoming)));
    if (core_.has_more()) feed(Proceed{});
  }
  feed(ShutDown{reason});
}

std::optional<transport::Incoming> Server::receive_until(Clock::time_point deadline) {
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return endpoint_->receive(std::max(wait, std::chrono::milliseconds(0)));
}

void Server::tick() {
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_);
  feed(Tick{static_cast<std::uint64_t>(age.count())});
}

Event Server::event_of(transport::Incoming incoming) const {
  const PeerId sender = incoming.peer;
  try {
    if (incoming.lane == transport::Lane::bulk) {
      payload::ReceivedFrame frame = payload::read_frame(std::move(incoming));
      return FrameReceived{sender, frame.header, std::move(frame.message),
                           std::move(frame.attachment)};
    }
    protocol::Message message = protocol::decode(incoming.bytes);
    if (logging::is_enabled(logging::Level::debug))
      logging::debug("received " + std::string(protocol::name_of(message)) + " from peer " +
                     std::to_string(incoming.peer));
    return MessageReceived{incoming.peer, std::move(message)};
  } catch (const CommonError& error) {
    return MalformedReceived{sender, error.what()};
  }
}

void Server::feed(Event event) {
  events_.push_back(std::move(event));
  while (!events_.empty()) {
    Event next = std::move(events_.front());
    events_.pop_front();
    for (Action& action : core_.apply(std::move(next)))
      std::visit([&](auto& content) { perform(std::move(content)); }, action);
  }
}

void Server::perform(const SendMessage& action) {
  if (logging::is_enabled(logging::Level::debug))
    logging::debug("sent " + std::string(protocol::name_of(action.message)) + " to peer " +
                   std::to_string(action.peer));
  if (!endpoint_->send(action.peer, transport::Lane::control, protocol::encode(action.message)))
    lose(action.peer);
}

void Server::perform(ForwardFrame action) {
  const payload::Send send = [&](std::vector<std::byte> bytes, transport::SharedBlockRef block) {
    return endpoint_->send(action.peer, transport::Lane::bulk, std::move(bytes), std::move(block));
  };
  if (!(must_be_cut(action) ? send_cut(action, send)
                            : send(std::move(action.bytes), action.attachment)))
    lose(action.peer);
}

bool Server::must_be_cut(const ForwardFrame& action) const {
  if (!action.attachment) return false;
  if (action.attachment->location()) return !endpoint_->shares_memory(action.peer);
  return action.attachment->size() > transport::kMaxCopiedAttachment;
}

void Server::perform(const DropPeer& action) { endpoint_->drop(action.peer); }

void Server::perform(LogLine action) {
  if (log_) log_->add(action.event, action.source, action.command, std::move(action.details));
}

void Server::perform(const CleanUpAddress& action) {
  // Nothing else that a worker names is touched.
  if (action.address.starts_with(address() + ".w")) transport::remove_if_abandoned(action.address);
}

void Server::lose(PeerId peer) {
  endpoint_->drop(peer);
  events_.push_back(PeerLost{peer, "its connection ended"});
}

bool Server::lifeline_has_ended() const {
  if (options_.lifeline < 0) return false;
  pollfd item{options_.lifeline, POLLIN, 0};
  if (::poll(&item, 1, 0) <= 0) return false;
  char discarded[64];
  return ::read(options_.lifeline, discarded, sizeof(discarded)) == 0 ||
         (item.revents & (POLLERR | POLLNVAL)) != 0;
}

}  // namespace gt::dispatcher

#include "client/src/session/link.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "client/src/session/background_thread.h"

namespace gt::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTick{100};
constexpr int kSilentIntervals = 6;
/// Messages received before it is the turn of those to be sent.
constexpr int kMostInARow = 64;

/// Ends the thread's loop; becomes the listener's `on_loss`.
struct LossException {
  Loss loss;
};

}  // namespace

Link::Link(const std::string& address, LinkListener& listener, HealthCheck health)
    : listener_(listener), health_(std::move(health)), endpoint_(transport::connect(address)) {}

Link::~Link() { close(); }

void Link::start() {
  thread_ = start_background_thread([this] { run(); });
}

void Link::send(transport::Lane lane, protocol::Message message) {
  {
    const std::lock_guard lock(mutex_);
    if (is_lost_) return;
    outbox_.push_back({lane, std::move(message)});
    if (is_woken_) return;
    is_woken_ = true;
  }
  endpoint_->wake();
}

void Link::set_heartbeat(milliseconds interval) { heartbeat_ms_ = interval.count(); }

void Link::close() {
  if (!thread_.joinable()) return;
  is_closing_ = true;
  endpoint_->wake();
  thread_.join();
}

void Link::run() noexcept {
  std::optional<Loss> loss;
  try {
    while (!is_closing_) step();
    send_queued();
  } catch (LossException& exception) {
    loss = std::move(exception.loss);
  } catch (const CommonError& error) {
    loss = Loss{error.kind(), fmt::format("{}: {}", endpoint_->address(), error.what())};
  } catch (const std::exception& error) {
    loss = Loss{ErrorKind::kInternal,
                fmt::format("connection to {}: {}", endpoint_->address(), error.what())};
  }
  {
    const std::lock_guard lock(mutex_);
    is_lost_ = true;
    outbox_.clear();
  }
  if (loss) listener_.on_loss(std::move(*loss));
}

void Link::step() {
  send_queued();
  receive_all();
  keep_alive();
}

void Link::send_queued() {
  std::deque<Outgoing> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(outbox_);
    is_woken_ = false;
  }
  for (Outgoing& outgoing : batch) {
    if (!endpoint_->send(transport::kServer, outgoing.lane, protocol::encode(outgoing.message)))
      throw LossException{{ErrorKind::kConnection,
                           fmt::format("the dispatcher at {} does not take messages any more",
                                       endpoint_->address())}};
    outgoing.message = protocol::Heartbeat{};
  }
  if (!batch.empty()) last_sent_ = Clock::now();
}

void Link::receive_all() {
  const milliseconds heartbeat{heartbeat_ms_.load()};
  const milliseconds longest =
      heartbeat.count() > 0 ? std::clamp(heartbeat / 2, milliseconds(1), kTick) : milliseconds(20);
  auto incoming = endpoint_->receive(longest);
  for (int count = 0; incoming; ++count) {
    last_heard_ = Clock::now();
    listener_.on_message(protocol::decode(incoming->bytes));
    incoming = count < kMostInARow ? endpoint_->receive(milliseconds(0)) : std::nullopt;
  }
}

void Link::keep_alive() {
  if (health_ && Clock::now() - last_checked_ >= kTick) {
    last_checked_ = Clock::now();
    if (auto loss = health_()) throw LossException{std::move(*loss)};
  }
  const milliseconds heartbeat{heartbeat_ms_.load()};
  if (heartbeat.count() <= 0) return;
  if (Clock::now() - last_sent_ >= heartbeat / 2) {
    send(transport::Lane::control, protocol::Heartbeat{});
    send_queued();
  }
  if (silence() > heartbeat * kSilentIntervals)
    throw LossException{
        {ErrorKind::kConnection,
         fmt::format("lost the dispatcher at {}: nothing heard from it for {:.1f} seconds",
                     endpoint_->address(), std::chrono::duration<double>(silence()).count())}};
}

}  // namespace gt::client

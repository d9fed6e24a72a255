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
constexpr milliseconds kTickBeforeWelcome{20};
/// Bounds how late it is noticed that there is room for more.
constexpr milliseconds kTickWithPayloads{1};
constexpr int kSilentIntervals = 6;

/// Becomes the listener's `on_loss`.
struct LossException {
  Loss loss;
};

}  // namespace

Link::Link(const std::string& address, LinkListener& listener, HealthCheck health)
    : listener_(listener),
      health_(std::move(health)),
      connection_(transport::connect(address),
                  [this](transport::Incoming incoming) {
                    if (incoming.lane == transport::Lane::bulk)
                      listener_.on_frame(payload::read_frame(std::move(incoming)));
                    else
                      listener_.on_message(protocol::decode(incoming.bytes));
                    return true;
                  }),
      frames_([this] { woken_.notify_one(); }) {}

Link::~Link() { close(); }

void Link::start() {
  thread_ = start_background_thread([this] { run(); });
}

void Link::send(transport::Lane lane, const protocol::Message& message) noexcept {
  if (is_lost_ || has_failed_to_send_) return;
  try {
    if (deliver(lane, protocol::encode(message), nullptr)) return;
  } catch (const std::exception&) {
    // Out of memory, or a socket that broke: the connection has a gap now.
  }
  note_failed_send();
}

void Link::send(payload::OutgoingPayload payload) noexcept {
  if (is_lost_ || has_failed_to_send_) return;
  try {
    if (payload::can_be_lent(payload) && connection_.shares_memory()) {
      const auto send = [this](std::vector<std::byte> bytes, transport::SharedBlockRef block) {
        return deliver(transport::Lane::bulk, std::move(bytes), std::move(block));
      };
      if (!payload::send_whole(payload, send)) note_failed_send();
      return;
    }
    const std::lock_guard lock(mutex_);
    payloads_.push_back(std::move(payload));
    woken_.notify_one();
  } catch (const std::exception&) {
    note_failed_send();
  }
}

bool Link::deliver(transport::Lane lane, std::vector<std::byte> bytes,
                   transport::SharedBlockRef attachment) {
  return connection_.send(lane, std::move(bytes), std::move(attachment));
}

/// Sends some frames of the payloads that wait.
void Link::send_payloads() {
  {
    const std::lock_guard lock(mutex_);
    for (payload::OutgoingPayload& payload : payloads_) frames_.add(std::move(payload));
    payloads_.clear();
  }
  if (!frames_.can_send()) return;
  const bool is_sent = frames_.send_some(
      connection_.shares_memory(),
      [this](std::vector<std::byte> bytes, transport::SharedBlockRef attachment) {
        return deliver(transport::Lane::bulk, std::move(bytes), std::move(attachment));
      });
  if (!is_sent) note_failed_send();
}

void Link::note_failed_send() noexcept {
  // The caller may hold the lock that `on_loss` takes: whoever waits, or the thread, tells it.
  has_failed_to_send_ = true;
  connection_.notify();
  woken_.notify_one();
}

void Link::wait_for_change(std::uint64_t seen, std::chrono::microseconds longest) noexcept {
  if (is_lost_) return;
  guard([&] {
    check_sends();
    connection_.wait_for_change(seen, longest);
    check_sends();
    check_silence();
  });
}

void Link::set_heartbeat(milliseconds interval) { heartbeat_ms_ = interval.count(); }

void Link::close() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  woken_.notify_one();
  thread_.join();
}

void Link::run() noexcept {
  std::unique_lock lock(mutex_);
  while (!is_closing_ && !is_lost_) {
    lock.unlock();
    guard([this] {
      check_sends();
      send_payloads();
      static_cast<void>(connection_.receive_available());
      check_silence();
      check_health();
      keep_alive();
    });
    lock.lock();
    if (is_closing_ || is_lost_ || has_failed_to_send_ || !payloads_.empty() || frames_.can_send())
      continue;
    woken_.wait_for(lock, frames_.is_idle() ? period() : kTickWithPayloads);
  }
}

/// Runs the action; what it throws is the loss of the link.
template <class Action>
void Link::guard(Action&& action) noexcept {
  try {
    action();
  } catch (LossException& exception) {
    lose(std::move(exception.loss));
  } catch (const CommonError& error) {
    lose({error.kind(), fmt::format("{}: {}", connection_.address(), error.what())});
  } catch (const std::exception& error) {
    lose({ErrorKind::kInternal,
          fmt::format("connection to {}: {}", connection_.address(), error.what())});
  }
}

void Link::lose(Loss loss) noexcept {
  if (is_lost_.exchange(true)) return;
  listener_.on_loss(std::move(loss));
  connection_.notify();
  woken_.notify_one();
}

void Link::check_sends() {
  if (has_failed_to_send_)
    throw LossException{
        {ErrorKind::kConnection, fmt::format("the dispatcher at {} does not take messages any more",
                                             connection_.address())}};
}

void Link::check_silence() {
  const milliseconds heartbeat{heartbeat_ms_.load()};
  const auto silence = connection_.silence();
  if (heartbeat.count() <= 0 || silence <= heartbeat * kSilentIntervals) return;
  throw LossException{
      {ErrorKind::kConnection,
       fmt::format("lost the dispatcher at {}: nothing heard from it for {:.1f} seconds",
                   connection_.address(), std::chrono::duration<double>(silence).count())}};
}

void Link::check_health() {
  if (!health_ || Clock::now() - last_checked_ < kTick) return;
  last_checked_ = Clock::now();
  if (auto loss = health_()) throw LossException{std::move(*loss)};
}

void Link::keep_alive() {
  const milliseconds heartbeat{heartbeat_ms_.load()};
  if (heartbeat.count() > 0 && Clock::now() - connection_.last_sent() >= heartbeat / 2)
    send(transport::Lane::control, protocol::Heartbeat{});
}

milliseconds Link::period() const noexcept {
  const milliseconds heartbeat{heartbeat_ms_.load()};
  if (heartbeat.count() <= 0) return kTickBeforeWelcome;
  return std::clamp(heartbeat / 2, milliseconds(1), kTick);
}

}  // namespace gt::client

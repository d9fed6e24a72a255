#include "common/transport/ring_endpoint.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/error.h"
#include "common/log/logging.h"
#include "common/process/background_thread.h"
#include "common/transport/spinning.h"

namespace gt::transport {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kWakeTag = ~std::uint64_t{0};
constexpr std::uint64_t kSocketsTag = kWakeTag - 1;
constexpr std::uint64_t kInputTag = kWakeTag - 2;
constexpr std::uint64_t kWatchedTag = kWakeTag - 3;
constexpr std::uint64_t kListenerTag = kWakeTag - 4;
constexpr int kEventsAtATime = 16;
/// Connections that have said nothing yet.
constexpr std::size_t kMaxStrangers = 64;
/// A caller that never waits looks at the sockets now and then even so.
constexpr unsigned kSocketsTurn = 64;
constexpr std::chrono::milliseconds kLinger{250};
constexpr std::chrono::milliseconds kRetry{2};
constexpr std::chrono::milliseconds kNever{-1};
constexpr std::chrono::microseconds kLongestWait = std::chrono::hours(24);

process::Descriptor make_epoll() {
  process::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open())
    throw CommonError(ErrorKind::kConnection,
                      std::string("cannot make an epoll descriptor: ") + std::strerror(errno));
  return epoll;
}

void remove_event(const process::Descriptor& epoll, int descriptor) {
  ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

int wait_for_events(const process::Descriptor& epoll,
                    std::array<epoll_event, kEventsAtATime>& events,
                    std::chrono::microseconds timeout) {
  const auto time = std::clamp(timeout, std::chrono::microseconds(0), kLongestWait);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec limit{static_cast<time_t>(seconds.count()),
                       static_cast<long>(std::chrono::nanoseconds(time - seconds).count())};
  const int count = ::epoll_pwait2(epoll.get(), events.data(), kEventsAtATime, &limit, nullptr);
  if (count >= 0 || errno != ENOSYS) return count;
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(time);
  return ::epoll_wait(epoll.get(), events.data(), kEventsAtATime,
                      static_cast<int>(rounded.count()));
}

}  // namespace

RingEndpoint::RingEndpoint(std::string address)
    : address_(std::move(address)),
      spin_time_(spinning().time),
      events_(make_epoll()),
      sockets_(make_epoll()) {
  add_event(events_, wake_.descriptor(), kWakeTag, EPOLLIN | EPOLLET);
  add_event(events_, sockets_.get(), kSocketsTag, EPOLLIN);
}

RingEndpoint::RingEndpoint(std::string address, std::unique_ptr<RingLink> link)
    : RingEndpoint(std::move(address)) {
  add_event(sockets_, link->socket(), kServer, EPOLLIN | EPOLLRDHUP);
  add_link(kServer, std::move(link));
}

RingEndpoint::RingEndpoint(std::string address, UnixListener listener)
    : RingEndpoint(std::move(address)) {
  add_event(sockets_, listener.descriptor(), kListenerTag, EPOLLIN);
  listener_.emplace(std::move(listener));
}

RingEndpoint::~RingEndpoint() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    push_.raise();
  }
  if (pusher_.joinable()) pusher_.join();
  linger();
}

void RingEndpoint::add_event(const process::Descriptor& epoll, int descriptor, std::uint64_t tag,
                             std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    throw CommonError(ErrorKind::kConnection,
                      std::string("cannot wait for a connection: ") + std::strerror(errno));
}

void RingEndpoint::watch(int descriptor) { add_event(events_, descriptor, kWatchedTag, EPOLLIN); }

bool RingEndpoint::send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
                        SharedBlockRef attachment) {
  const std::lock_guard lock(mutex_);
  bool is_sent = false;
  attempt(peer, [&](RingLink& link) {
    is_sent = link.send(lane, std::move(bytes), std::move(attachment));
    if (link.has_waiting()) start_pushing();
  });
  return is_sent;
}

bool RingEndpoint::shares_memory(PeerId peer) const {
  const std::lock_guard lock(mutex_);
  const auto found = links_.find(peer);
  return found != links_.end() && !found->second->is_ended();
}

std::optional<Incoming> RingEndpoint::try_receive() {
  const std::lock_guard lock(mutex_);
  if (are_sockets_ready_.exchange(false) || ++calls_ % kSocketsTurn == 0) read_sockets();
  for (const Lane lane : {Lane::control, Lane::bulk})
    if (auto incoming = take(lane)) return incoming;
  if (is_house_keeping_due_.exchange(false)) keep_house();
  return std::nullopt;
}

/// The next message of the lane; peers take turns.
std::optional<Incoming> RingEndpoint::take(Lane lane) {
  auto entry = links_.upper_bound(last_served_);
  for (std::size_t left = links_.size(); left > 0; --left) {
    if (entry == links_.end()) entry = links_.begin();
    const PeerId peer = entry->first;
    ++entry;
    std::optional<Incoming> incoming;
    attempt(peer, [&](RingLink& link) {
      if (lane == Lane::control) link.push();
      incoming = link.receive(lane);
      if (!incoming && link.is_ended() && !link.has_records()) remove(peer);
    });
    if (!incoming) continue;
    last_served_ = peer;
    incoming->peer = peer;
    return incoming;
  }
  return std::nullopt;
}

bool RingEndpoint::wait(std::chrono::microseconds timeout) {
  {
    const std::lock_guard lock(mutex_);
    if (has_input()) return true;
  }
  if (is_woken_.exchange(false)) return false;
  return spin() || sleep(timeout);
}

/// Whether anything is there; if not, all peers will tell of what comes.
bool RingEndpoint::has_input() {
  return are_sockets_ready_ || std::any_of(links_.begin(), links_.end(), [](const auto& entry) {
           return entry.second->ask_for_input();
         });
}

bool RingEndpoint::spin() {
  if (spin_time_.count() == 0) return false;
  const auto deadline = Clock::now() + spin_time_;
  while (Clock::now() < deadline) {
    const std::lock_guard lock(mutex_);
    if (has_input()) return true;
  }
  return false;
}

bool RingEndpoint::sleep(std::chrono::microseconds timeout) {
  std::array<epoll_event, kEventsAtATime> events;
  const int count = wait_for_events(events_, events, timeout);
  // A signal ends the wait early: the caller looks again.
  if (count < 0) return true;
  if (count == 0) is_house_keeping_due_ = true;
  bool has_some = false;
  for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
    if (event.data.u64 == kWakeTag) is_woken_ = true;
    if (event.data.u64 == kSocketsTag) are_sockets_ready_ = true;
    if (event.data.u64 == kWatchedTag) is_watched_ready_ = true;
    has_some = has_some || event.data.u64 != kWakeTag;
  }
  if (!has_some) is_woken_ = false;
  return has_some;
}

void RingEndpoint::drop(PeerId peer) {
  const std::lock_guard lock(mutex_);
  remove(peer);
}

void RingEndpoint::add_link(PeerId peer, std::unique_ptr<RingLink> link) {
  add_event(events_, link->filled().descriptor(), kInputTag, EPOLLIN | EPOLLET);
  links_.emplace(peer, std::move(link));
}

void RingEndpoint::remove(PeerId peer) {
  const auto found = links_.find(peer);
  if (found == links_.end()) return;
  // Closing is not enough where a fork has left copies of the descriptors.
  remove_event(sockets_, found->second->socket());
  remove_event(events_, found->second->filled().descriptor());
  links_.erase(found);
}

/// Does something with a link; a peer that breaks the format is lost. False if it is not there.
template <class Action>
bool RingEndpoint::attempt(PeerId peer, const Action& action) {
  const auto found = links_.find(peer);
  if (found == links_.end()) return false;
  try {
    action(*found->second);
    return true;
  } catch (const CommonError& error) {
    logging::warning("dropped peer " + std::to_string(peer) + " of " + address_ + ": " +
                     error.what());
    remove(peer);
    return false;
  }
}

void RingEndpoint::read_sockets() {
  std::array<epoll_event, kEventsAtATime> events;
  const int count = wait_for_events(sockets_, events, std::chrono::microseconds(0));
  for (int k = 0; k < count; ++k) {
    if (events[k].data.u64 == kListenerTag)
      accept();
    else
      read_socket(events[k].data.u64);
  }
}

void RingEndpoint::accept() {
  while (auto socket = listener_->accept()) {
    const PeerId peer = next_peer_++;
    add_event(sockets_, socket->descriptor(), peer, EPOLLIN | EPOLLRDHUP);
    strangers_.emplace(peer, std::move(*socket));
    if (strangers_.size() > kMaxStrangers) forget_stranger(strangers_.begin()->first);
    read_socket(peer);
  }
}

void RingEndpoint::read_socket(PeerId peer) {
  if (strangers_.contains(peer)) introduce(peer);
  attempt(peer, [&](RingLink& link) {
    link.read_packets();
    if (link.is_ended()) remove_event(sockets_, link.socket());
  });
}

/// Reads the hello of a stranger, if it is there.
void RingEndpoint::introduce(PeerId peer) {
  UnixSocket& socket = strangers_.at(peer);
  try {
    auto hello = socket.receive();
    if (!hello && !socket.is_ended()) return;
    if (hello) {
      auto link = RingLink::accept(std::move(socket), std::move(*hello));
      strangers_.erase(peer);
      add_link(peer, std::move(link));
      return;
    }
  } catch (const CommonError& error) {
    logging::warning("refused a connection to " + address_ + ": " + error.what());
  }
  forget_stranger(peer);
}

void RingEndpoint::forget_stranger(PeerId peer) {
  const auto found = strangers_.find(peer);
  remove_event(sockets_, found->second.descriptor());
  strangers_.erase(found);
}

void RingEndpoint::keep_house() {
  for (auto entry = links_.begin(); entry != links_.end();) {
    const PeerId peer = entry->first;
    ++entry;
    attempt(peer, [](RingLink& link) { link.forget_segments(); });
  }
}

void RingEndpoint::start_pushing() {
  if (is_ending_ || is_pushing_) return;
  is_pushing_ = true;
  if (pusher_.joinable())
    push_.raise();
  else
    pusher_ = process::start_background_thread([this] { run_pusher(); });
}

void RingEndpoint::run_pusher() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    push_.clear();
    Full full = push_all();
    is_pushing_ = !full.links.empty();
    full.links.push_back({push_.descriptor(), POLLIN, 0});
    lock.unlock();
    wait_for_room(full, full.is_retry ? kRetry : kNever);
    lock.lock();
  }
}

/// Writes what waits; tells which links have some left.
RingEndpoint::Full RingEndpoint::push_all() {
  Full full;
  for (auto entry = links_.begin(); entry != links_.end();) {
    const PeerId peer = entry->first;
    ++entry;
    attempt(peer, [&](RingLink& link) {
      if (!link.has_waiting() || link.is_ended()) return;
      link.push();
      if (!link.has_waiting()) return;
      full.is_retry = full.is_retry || link.needs_retry();
      full.links.push_back({link.emptied().descriptor(), POLLIN, 0});
      full.links.push_back({link.socket(), 0, 0});
    });
  }
  return full;
}

/// Waits until one of the links has room, or has ended.
void RingEndpoint::wait_for_room(Full& full, std::chrono::milliseconds timeout) {
  const auto count =
      ::poll(full.links.data(), full.links.size(), static_cast<int>(timeout.count()));
  const bool has_end =
      count > 0 && std::any_of(full.links.begin(), full.links.end(),
                               [](const pollfd& item) { return (item.revents & ~POLLIN) != 0; });
  if (!has_end) return;
  const std::lock_guard lock(mutex_);
  read_sockets();
}

/// Gives the peers a moment to take the last words.
void RingEndpoint::linger() {
  const auto deadline = Clock::now() + kLinger;
  while (true) {
    Full full;
    {
      const std::lock_guard lock(mutex_);
      full = push_all();
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (full.links.empty() || left.count() <= 0) return;
    wait_for_room(full, full.is_retry ? std::min(left, kRetry) : left);
  }
}

}  // namespace gt::transport

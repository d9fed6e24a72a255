#include "common/transport/zmq_input.h"

#include <poll.h>

#include <algorithm>

namespace gt::transport {
namespace {

constexpr std::chrono::microseconds kLongestWait = std::chrono::hours(24);

timespec to_timespec(std::chrono::microseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::chrono::nanoseconds rest = time - seconds;
  return {static_cast<time_t>(seconds.count()), static_cast<long>(rest.count())};
}

}  // namespace

ZmqInput::ZmqInput(std::span<zmq::socket_t> sockets) {
  for (const zmq::socket_t& socket : sockets) descriptors_.push_back(socket.get(zmq::sockopt::fd));
  descriptors_.push_back(noted_.descriptor());
}

void ZmqInput::note_some() noexcept {
  has_some_ = true;
  if (is_waiting_) noted_.raise();
}

void ZmqInput::note_from(const zmq::socket_t& socket) {
  if ((socket.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0) note_some();
}

bool ZmqInput::begin_wait() noexcept {
  is_waiting_ = true;
  return has_some_;
}

void ZmqInput::end_wait() noexcept {
  is_waiting_ = false;
  noted_.clear();
}

bool ZmqInput::wait(std::chrono::microseconds timeout) {
  const bool has_input = begin_wait() || poll(timeout);
  end_wait();
  return has_input;
}

bool ZmqInput::poll(std::chrono::microseconds timeout) {
  std::vector<pollfd> items;
  for (const int descriptor : descriptors_) items.push_back({descriptor, POLLIN, 0});
  items.push_back({wake_.descriptor(), POLLIN, 0});
  const timespec limit =
      to_timespec(std::clamp(timeout, std::chrono::microseconds(0), kLongestWait));
  // A signal ends the wait early: the caller looks again.
  if (::ppoll(items.data(), items.size(), &limit, nullptr) < 0) return true;
  if (std::any_of(items.begin(), items.end() - 1, [](const auto& item) { return item.revents; }))
    return true;
  wake_.clear();
  return false;
}

}  // namespace gt::transport

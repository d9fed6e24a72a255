// Waiting for ZeroMQ sockets in one thread while another one uses them.
#pragma once

#include <atomic>
#include <chrono>
#include <span>
#include <vector>
#include <zmq.hpp>

#include "common/transport/event_fd.h"

namespace gt::transport {

/// Knows whether sockets may have input. ZeroMQ's descriptor tells of input once, to whoever uses
/// the socket next; so the user of the sockets notes here what each use has left behind.
class ZmqInput {
 public:
  /// The sockets are looked at here only; their descriptors stay the same.
  explicit ZmqInput(std::span<zmq::socket_t> sockets);

  // For the user of the sockets.
  /// Something was read, more may be there.
  void note_some() noexcept;
  /// Nothing was left in any socket.
  void note_none() noexcept { has_some_ = false; }
  /// After a send, which may have taken in the news of input.
  void note_from(const zmq::socket_t& socket);

  /// As Endpoint::wait.
  [[nodiscard]] bool wait(std::chrono::microseconds timeout);
  void wake() noexcept { wake_.raise(); }

  // For somebody who waits for more than these sockets.
  /// From here until `end_wait` one of the descriptors becomes readable when there is input. True
  /// if there is some already.
  [[nodiscard]] bool begin_wait() noexcept;
  void end_wait() noexcept;
  [[nodiscard]] const std::vector<int>& descriptors() const noexcept { return descriptors_; }

 private:
  [[nodiscard]] bool poll(std::chrono::microseconds timeout);

  std::vector<int> descriptors_;  ///< of the sockets, and of noted_
  EventFd noted_;
  EventFd wake_;
  std::atomic<bool> has_some_ = false;
  std::atomic<bool> is_waiting_ = false;
};

}  // namespace gt::transport

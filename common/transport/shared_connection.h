// A connection that several threads use at once: all of them send, one at a time receives.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/transport/transport.h"

namespace gt::transport {

/// A connector without a thread of its own. A thread that waits for something (`wait_for_change`)
/// takes the receive role: it sleeps in the endpoint itself and handles what comes, so that no
/// message is handed from thread to thread. If another thread has the role already, it sleeps until
/// something was handled or the role is free. All members may be called from any thread.
///
/// Waiting follows the pattern of an event count: read `changes`, look whether what is awaited has
/// happened, and if not call `wait_for_change` with the number that was read.
class SharedConnection {
 public:
  using Clock = std::chrono::steady_clock;
  /// Takes one message in the thread that received it; no lock of the connection is held, and it
  /// may send. Returns whether to go on reading. What it throws leaves the call that received.
  using Handler = std::function<bool(Incoming)>;

  /// `endpoint` is a connector.
  SharedConnection(std::unique_ptr<Endpoint> endpoint, Handler handler);
  SharedConnection(const SharedConnection&) = delete;
  SharedConnection& operator=(const SharedConnection&) = delete;

  /// Sends in the calling thread. False if the peer is lost (see `Endpoint::send`).
  [[nodiscard]] bool send(Lane lane, std::vector<std::byte> bytes,
                          SharedBlockRef attachment = nullptr);
  /// Whether attachments reach the peer.
  [[nodiscard]] bool shares_memory();

  /// Rises when messages were handled, and with every `notify`.
  [[nodiscard]] std::uint64_t changes() const noexcept {
    return changes_.load(std::memory_order_acquire);
  }
  /// Waits until `changes` differs from `seen`, at most for about `longest`; may return earlier.
  void wait_for_change(std::uint64_t seen, std::chrono::microseconds longest);
  /// Handles some of the messages that are there, without waiting, unless another thread has the
  /// role. Returns whether there were any.
  bool receive_available();
  /// Something other than a message has happened that threads may wait for.
  void notify();

  [[nodiscard]] Clock::time_point last_sent() const noexcept { return last_sent_.load(); }
  /// How long nothing had come when somebody looked for messages last. Does not grow while nobody
  /// looks, or while what has come is not read yet.
  [[nodiscard]] Clock::duration silence() const noexcept;

  [[nodiscard]] const std::string& address() const noexcept { return endpoint_->address(); }

 private:
  class Role;
  [[nodiscard]] bool handle_available();
  [[nodiscard]] bool wait_in_endpoint(std::uint64_t seen, Clock::time_point deadline);

  const std::unique_ptr<Endpoint> endpoint_;
  const Handler handler_;
  std::mutex endpoint_mutex_;  ///< sends and takes messages; never held with role_mutex_

  std::mutex role_mutex_;
  std::condition_variable role_changed_;
  bool is_role_taken_ = false;             ///< guarded by role_mutex_
  bool is_in_endpoint_ = false;            ///< guarded by role_mutex_: who has the role sleeps
  int sleepers_ = 0;                       ///< guarded by role_mutex_: wait for the role's holder
  std::atomic<std::uint64_t> changes_{0};  ///< written under role_mutex_

  std::atomic<Clock::time_point> last_sent_{Clock::now()};
  std::atomic<Clock::time_point> last_heard_{Clock::now()};
  std::atomic<Clock::time_point> last_looked_{Clock::now()};
};

}  // namespace gt::transport

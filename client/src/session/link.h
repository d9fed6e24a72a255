// A session's connection: sends from any thread, lets threads that wait receive, and keeps both
// ends alive.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/error.h"
#include "common/payload/payload_sender.h"
#include "common/payload/received_frame.h"
#include "common/protocol/messages.h"
#include "common/transport/shared_connection.h"

namespace gt::client {

/// Why a session cannot go on.
struct Loss {
  ErrorKind kind = ErrorKind::kConnection;
  std::string message;
};

/// What comes in. Called on a thread that waits or on the link's own, without any lock of the link
/// held; by one thread at a time.
class LinkListener {
 public:
  /// Throws CommonError(kProtocol) for a message that breaks the rules: the link is lost then.
  virtual void on_message(protocol::Message message) = 0;
  /// The same for a payload frame.
  virtual void on_frame(payload::ReceivedFrame frame) = 0;
  /// Called once. Nothing is sent any more; a message that another thread has received already may
  /// still come.
  virtual void on_loss(Loss loss) = 0;

 protected:
  ~LinkListener() = default;
};

/// Whoever waits receives: see transport::SharedConnection. The link's thread sends heartbeats,
/// watches over silence, and reads now and then what comes while nobody waits.
class Link {
 public:
  /// Asked about ten times a second; what it returns ends the link.
  using HealthCheck = std::function<std::optional<Loss>()>;

  /// Throws CommonError for a malformed address.
  Link(const std::string& address, LinkListener& listener, HealthCheck health);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Starts the thread. Call it once.
  void start();

  /// Sends a message; from any thread, also with the listener's lock held. After a loss it is
  /// dropped; a loss that it finds itself is told by another call or thread.
  void send(transport::Lane lane, const protocol::Message& message) noexcept;

  /// Sends a payload: memory that can be lent at once, other payloads from the link's thread, frame
  /// by frame in turn. As `send` otherwise.
  void send(payload::OutgoingPayload payload) noexcept;

  // Waiting, as in transport::SharedConnection; without the listener's lock.
  [[nodiscard]] std::uint64_t changes() const noexcept { return connection_.changes(); }
  /// Returns early when the link is lost, after `on_loss`.
  void wait_for_change(std::uint64_t seen, std::chrono::microseconds longest) noexcept;
  /// For changes that did not come as a message.
  void notify() { connection_.notify(); }

  /// From now on something is sent at least every `interval`, and the peer counts as lost after six
  /// intervals without a message. Before, nobody listens for silence.
  void set_heartbeat(std::chrono::milliseconds interval);

  /// Ends the thread. Call it once, from another thread.
  void close();

 private:
  using Clock = transport::SharedConnection::Clock;

  void run() noexcept;
  [[nodiscard]] bool deliver(transport::Lane lane, std::vector<std::byte> bytes,
                             transport::SharedBlockRef attachment);
  void note_failed_send() noexcept;
  void send_payloads();
  template <class Action>
  void guard(Action&& action) noexcept;
  void lose(Loss loss) noexcept;
  void check_sends();
  void check_silence();
  void check_health();
  void keep_alive();
  [[nodiscard]] std::chrono::milliseconds period() const noexcept;

  LinkListener& listener_;
  const HealthCheck health_;
  transport::SharedConnection connection_;

  std::atomic<std::int64_t> heartbeat_ms_{0};
  std::atomic<bool> is_lost_{false};
  std::atomic<bool> has_failed_to_send_{false};
  Clock::time_point last_checked_;  ///< of the link's thread alone

  std::mutex mutex_;
  std::condition_variable woken_;
  bool is_closing_ = false;                         ///< guarded by mutex_
  std::vector<payload::OutgoingPayload> payloads_;  ///< guarded by mutex_

  payload::PayloadSender frames_;  ///< of the link's thread alone; uses woken_
  std::thread thread_;
};

}  // namespace gt::client

// The thread that owns a session's connection: sends what is queued, receives, keeps both ends
// alive.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/error.h"
#include "common/protocol/messages.h"
#include "common/transport/transport.h"

namespace gt::client {

/// Why a session cannot go on.
struct Loss {
  ErrorKind kind = ErrorKind::kConnection;
  std::string message;
};

/// What comes in. Called on the link's thread, without any lock of the link held.
class LinkListener {
 public:
  /// Throws CommonError(kProtocol) for a message that breaks the rules: the link is lost then.
  virtual void on_message(protocol::Message message) = 0;
  /// The last call of all; nothing is sent or received any more.
  virtual void on_loss(Loss loss) = 0;

 protected:
  ~LinkListener() = default;
};

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

  /// Queues a message; from any thread. After a loss it is dropped.
  void send(transport::Lane lane, protocol::Message message);

  /// From now on something is sent at least every `interval`, and the peer counts as lost after six
  /// intervals without a message. Before, nobody listens for silence.
  void set_heartbeat(std::chrono::milliseconds interval);

  /// Sends what is queued, then ends the thread. Call it once, from another thread.
  void close();

 private:
  using Clock = std::chrono::steady_clock;
  struct Outgoing {
    transport::Lane lane = transport::Lane::control;
    protocol::Message message;
  };

  void run() noexcept;
  void step();
  void send_queued();
  void receive_all();
  void keep_alive();
  [[nodiscard]] Clock::duration silence() const { return Clock::now() - last_heard_; }

  LinkListener& listener_;
  const HealthCheck health_;

  // The link's thread alone.
  std::unique_ptr<transport::Endpoint> endpoint_;
  Clock::time_point last_heard_ = Clock::now();
  Clock::time_point last_sent_ = Clock::now();
  Clock::time_point last_checked_;

  std::atomic<std::int64_t> heartbeat_ms_{0};
  std::atomic<bool> is_closing_{false};

  std::mutex mutex_;
  std::deque<Outgoing> outbox_;  ///< guarded by mutex_
  bool is_lost_ = false;         ///< guarded by mutex_
  bool is_woken_ = false;        ///< guarded by mutex_: a wake is under way

  std::thread thread_;
};

}  // namespace gt::client

// A worker's connection to its dispatcher: from the hello to the loss.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/protocol/messages.h"
#include "common/transport/transport.h"
#include "worker/io/frame_sender.h"
#include "worker/io/inbox.h"
#include "worker/io/mailbox.h"
#include "worker/io/peer_link.h"

namespace gt::worker {

/// How a connection ended.
enum class LinkEnd : std::uint8_t {
  stopped,     ///< `stop` was called
  unanswered,  ///< nobody welcomed the worker; the dispatcher may not be there yet
  lost,        ///< silent for too long, or ended by the dispatcher
  refused,     ///< the dispatcher does not want this worker (a different version)
};

/// Reads batches for the executor, sends what it answers, and keeps the connection alive. Runs in
/// the thread that calls `run`, never blocked by a computation.
class DispatcherLink {
 public:
  /// Connects (messages wait until the dispatcher is there). Inbox and peers are borrowed.
  DispatcherLink(const std::string& address, Inbox& inbox, PeerLink& peers);

  /// Says hello and serves until the connection ends.
  [[nodiscard]] LinkEnd run(protocol::WorkerHello hello);

  // From any thread.
  void send(protocol::Message message) { mail_.push(std::move(message)); }
  void send(OutgoingPayload payload) { mail_.push(std::move(payload)); }
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  using Mail = std::variant<protocol::Message, OutgoingPayload>;

  [[nodiscard]] bool flush();
  [[nodiscard]] bool send_now(const protocol::Message& message);
  [[nodiscard]] bool keep_alive();
  void receive();
  void dispatch(protocol::Message message, std::size_t size);
  void refuse(const protocol::Refusal& refusal);
  [[nodiscard]] std::chrono::milliseconds patience() const;

  Inbox& inbox_;
  PeerLink& peers_;
  std::unique_ptr<transport::Endpoint> endpoint_;
  Mailbox<Mail> mail_;
  FrameSender frames_;
  std::atomic<bool> stops_{false};
  std::chrono::milliseconds heartbeat_;
  bool is_welcome_ = false;
  std::optional<LinkEnd> end_;
  Clock::time_point last_sent_;
  Clock::time_point last_heard_;
};

}  // namespace gt::worker

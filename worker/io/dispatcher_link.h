// A worker's connection to its dispatcher: from the hello to the loss.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/payload/payload_sender.h"
#include "common/protocol/messages.h"
#include "common/transport/shared_connection.h"
#include "worker/io/inbox.h"
#include "worker/io/peer_link.h"

namespace gt::worker {

/// How a connection ended.
enum class LinkEnd : std::uint8_t {
  stopped,     ///< `stop` was called
  unanswered,  ///< nobody welcomed the worker; the dispatcher may not be there yet
  lost,        ///< silent for too long, or ended by the dispatcher
  refused,     ///< the dispatcher does not want this worker (a different version)
};

/// Fills the inbox. The executor's thread sends its messages itself, and receives while it has
/// nothing to run; the thread in `run` keeps the connection alive, sends payloads, and receives
/// while the executor computes. See transport::SharedConnection.
class DispatcherLink {
 public:
  /// Connects (messages wait until the dispatcher is there). Inbox and peers are borrowed; the
  /// inbox must be closed before the link ends.
  DispatcherLink(const std::string& address, Inbox& inbox, PeerLink& peers);

  /// Says hello and serves until the connection ends.
  [[nodiscard]] LinkEnd run(const protocol::WorkerHello& hello);

  // From any thread.
  void send(const protocol::Message& message);
  /// Memory that can be lent leaves at once, other payloads from the thread in `run`.
  void send(OutgoingPayload payload);
  void stop();

  // For the executor, as in transport::SharedConnection: the inbox has items that it may not have
  // seen when `changes` has risen.
  [[nodiscard]] std::uint64_t changes() const noexcept { return connection_.changes(); }
  static constexpr std::chrono::milliseconds kLongestWait{100};
  void wait_for_change(std::uint64_t seen, std::chrono::microseconds longest = kLongestWait);
  bool receive_available();

 private:
  using Clock = transport::SharedConnection::Clock;

  [[nodiscard]] bool flush_payloads();
  void keep_alive();
  [[nodiscard]] std::optional<LinkEnd> find_end() const;
  /// Whether to go on reading.
  [[nodiscard]] bool receive(transport::Incoming incoming);
  void dispatch(protocol::Message message, std::size_t size);
  void welcome(const protocol::WorkerWelcome& welcome);
  void refuse(const protocol::Refusal& refusal);
  void end(LinkEnd how);
  template <class Receive>
  bool guard(Receive&& receive);
  [[nodiscard]] std::chrono::milliseconds patience() const;

  Inbox& inbox_;
  PeerLink& peers_;
  transport::SharedConnection connection_;

  std::atomic<std::chrono::milliseconds> heartbeat_;
  std::atomic<bool> is_welcome_{false};

  mutable std::mutex mutex_;
  std::condition_variable woken_;
  std::vector<OutgoingPayload> payloads_;  // guarded by mutex_
  std::optional<LinkEnd> end_;             // guarded by mutex_

  const payload::Send send_frame_ = [this](std::vector<std::byte> bytes,
                                           transport::SharedBlockRef attachment) {
    return connection_.send(transport::Lane::bulk, std::move(bytes), std::move(attachment));
  };
  payload::PayloadSender frames_;  ///< of the thread in `run` alone; uses woken_
};

}  // namespace gt::worker

// Payloads between workers: an own listening address, and connections to those of others.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>

#include "common/payload/payload_sender.h"
#include "common/protocol/messages.h"
#include "common/transport/transport.h"
#include "worker/execution/outbox.h"
#include "worker/io/inbox.h"
#include "worker/io/mailbox.h"

namespace gt::worker {

/// Receives payloads for the executor and sends those that it hands out, in a thread of its own.
/// What is meant for a worker that left, or that nobody announced, is dropped: the dispatcher
/// knows who is gone and lets the receivers fail.
class PeerLink {
 public:
  /// Listens beside the dispatcher's address. Throws CommonError(kConnection).
  PeerLink(const std::string& dispatcher_address, Inbox& inbox);
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;
  ~PeerLink();

  [[nodiscard]] const std::string& address() const noexcept { return address_; }

  // From any thread; in order.
  void announce(protocol::WorkerAddress worker) { mail_.push(std::move(worker)); }
  void send(protocol::WorkerId worker, protocol::Message message) {
    mail_.push(ToWorker{worker, std::move(message)});
  }
  void send(protocol::WorkerId worker, OutgoingPayload payload) {
    mail_.push(ToWorker{worker, std::move(payload)});
  }
  /// Ends the connection of a worker that sends what it may not, and reports it as broken.
  void expel(transport::PeerId source, std::string reason) {
    mail_.push(Expelled{source, std::move(reason)});
  }

  /// Called in the link's thread with the address of a worker with which messages were lost or
  /// harmed, or that does not answer. Replaces the earlier action; an empty one forgets it, and
  /// none runs after that call returned.
  using OnBroken = std::function<void(const std::string& address)>;
  void on_broken(OnBroken action);

 private:
  using Clock = std::chrono::steady_clock;
  struct ToWorker {
    protocol::WorkerId worker = 0;
    std::variant<protocol::Message, OutgoingPayload> content;
  };
  struct Expelled {
    transport::PeerId source = 0;
    std::string reason;
  };
  using Mail = std::variant<protocol::WorkerAddress, ToWorker, Expelled>;
  struct Peer {
    Peer(std::unique_ptr<transport::Endpoint> connector, std::function<void()> has_room)
        : endpoint(std::move(connector)), frames(std::move(has_room)) {}
    std::unique_ptr<transport::Endpoint> endpoint;
    payload::PayloadSender frames;
    std::string address;
    Clock::time_point last_payload;  ///< heartbeats follow it for a while
    Clock::time_point last_heartbeat;
    std::optional<Clock::time_point> unanswered_since;  ///< of heartbeats
  };

  void run();
  void handle(protocol::WorkerAddress worker);
  void handle(ToWorker mail);
  void handle(const Expelled& expelled);
  [[nodiscard]] bool send_frames();
  void receive(std::chrono::milliseconds timeout);
  void take_in(transport::Incoming incoming);
  void keep_alive();
  [[nodiscard]] bool is_answering(Peer& peer);
  void reassure_sources();
  void report_broken_sources();
  void report_source(transport::PeerId source, const std::string& problem);
  void report(const std::string& address);
  void lose(protocol::WorkerId worker);

  Inbox& inbox_;
  std::unique_ptr<transport::Endpoint> listener_;
  const std::string address_;
  std::unordered_map<protocol::WorkerId, Peer> peers_;          ///< of the link's thread alone
  std::unordered_map<transport::PeerId, std::string> sources_;  ///< likewise: who sends to us
  Clock::time_point last_reassured_;                            ///< likewise
  std::mutex broken_mutex_;
  OnBroken on_broken_;  // guarded by broken_mutex_
  Mailbox<Mail> mail_;
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

}  // namespace gt::worker

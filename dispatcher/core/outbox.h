// Collects the actions of one event, in order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dispatcher/core/event.h"

namespace gt::dispatcher {

class Outbox {
 public:
  explicit Outbox(bool keep_log) : keep_log_(keep_log) {}

  void send(PeerId peer, protocol::Message message) {
    actions_.push_back(SendMessage{peer, std::move(message)});
  }
  void forward(PeerId peer, std::vector<std::byte> bytes, transport::SharedBlockRef attachment) {
    actions_.push_back(ForwardFrame{peer, std::move(bytes), std::move(attachment)});
  }
  void drop(PeerId peer) { actions_.push_back(DropPeer{peer}); }
  void clean_up(std::string address) { actions_.push_back(CleanUpAddress{std::move(address)}); }

  /// Whether log lines are kept: ask before putting one together.
  [[nodiscard]] bool keeps_log() const noexcept { return keep_log_; }
  void log(LogLine line) {
    if (keep_log_) actions_.push_back(std::move(line));
  }

  [[nodiscard]] std::vector<Action> take() { return std::exchange(actions_, {}); }

 private:
  bool keep_log_;
  std::vector<Action> actions_;
};

/// Ends the connection of the peer whose message is being handled.
[[noreturn]] inline void violation(const std::string& what) {
  throw CommonError(ErrorKind::kProtocol, "protocol violation: " + what);
}

}  // namespace gt::dispatcher

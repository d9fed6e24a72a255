// The dispatcher as a process runs it: a thin loop that decodes, folds and sends.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "common/log/instruction_log.h"
#include "common/transport/transport.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/options.h"

namespace gt::dispatcher {

struct ServerOptions {
  CoreOptions core;             ///< `log_instructions` follows from the path below
  std::string instruction_log;  ///< file of the instruction log; empty for none
  /// Read end of a pipe; its end of file ends the server. -1 for none. Not closed.
  int lifeline = -1;
};

class Server {
 public:
  /// `endpoint` is a listener (transport::listen).
  Server(ServerOptions options, std::unique_ptr<transport::Endpoint> endpoint);

  /// Serves until `stop` or until the lifeline ends; tells all peers, then returns.
  void run();

  /// Ends `run`, from any thread or a signal handler.
  void stop() noexcept;

  /// Where clients and workers connect to.
  [[nodiscard]] const std::string& address() const noexcept { return endpoint_->address(); }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::optional<transport::Incoming> receive_until(Clock::time_point deadline);
  [[nodiscard]] Event event_of(transport::Incoming incoming) const;
  void feed(Event event);
  void perform(const SendMessage& action);
  void perform(ForwardFrame action);
  /// Whether the peer cannot get the attachment, a whole payload, as it is.
  [[nodiscard]] bool must_be_cut(const ForwardFrame& action) const;
  void perform(const DropPeer& action);
  void perform(LogLine action);
  void perform(const CleanUpAddress& action);
  void tick();
  void lose(PeerId peer);
  [[nodiscard]] bool lifeline_has_ended() const;

  ServerOptions options_;
  std::unique_ptr<transport::Endpoint> endpoint_;
  std::unique_ptr<log::InstructionLog> log_;
  Core core_;
  std::deque<Event> events_;
  Clock::time_point start_;
  std::atomic<bool> must_stop_ = false;
};

}  // namespace gt::dispatcher

// Questions to a server, asked as a client or as a monitor would.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/protocol/messages.h"
#include "common/transport/transport.h"

namespace gt::tool {

/// A connection that asks and waits. Says goodbye at its end.
class Probe {
 public:
  /// Throws CommonError for a malformed address.
  explicit Probe(const std::string& address);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// Sends the question and gives the first message of type Answer, or nothing if none comes in
  /// time. Throws CommonError(kConnection) if the server refuses.
  template <class Answer>
  [[nodiscard]] std::optional<Answer> ask(const protocol::Message& question,
                                          std::chrono::milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    send(question);
    while (auto message = receive(deadline))
      if (auto* answer = std::get_if<Answer>(&*message)) return std::move(*answer);
    return std::nullopt;
  }

 private:
  using Clock = std::chrono::steady_clock;
  void send(const protocol::Message& message);
  [[nodiscard]] std::optional<protocol::Message> receive(Clock::time_point deadline);

  std::unique_ptr<transport::Endpoint> endpoint_;
};

/// Number of workers behind the server at `address`, or nothing if it did not answer in time.
/// Throws CommonError(kConnection) if it refuses the client.
[[nodiscard]] std::optional<std::uint32_t> count_workers(const std::string& address,
                                                         std::chrono::milliseconds timeout);

}  // namespace gt::tool

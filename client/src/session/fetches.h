// Fetches under way: what was asked for, and what has come of it.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/protocol/messages.h"

namespace gt::client {

/// Joins replies and payload frames, which come in either order. Not thread-safe: belongs to the
/// session's lock. What breaks the rules of the protocol throws CommonError(kProtocol).
class FetchTable {
 public:
  struct Outcome {
    std::optional<protocol::ErrorRecord> error;
    std::vector<std::byte> bytes;
  };

  /// The number of a new request, for a value of so many bytes.
  [[nodiscard]] protocol::RequestId begin(std::size_t bytes);
  /// The outcome once it is complete; the request is then forgotten.
  [[nodiscard]] std::optional<Outcome> take(protocol::RequestId request);

  void on_reply(protocol::FetchReply reply);
  void on_frame(const protocol::PayloadFrame& frame);
  void on_failed(const protocol::PayloadFailed& failure);

  /// Bytes of replies so far, counted as RepliesReceived says.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  struct Request {
    explicit Request(std::size_t bytes) : expected(bytes) {}

    std::size_t expected;  ///< bytes of the value
    bool is_answered = false;
    bool has_all_bytes = false;
    Outcome outcome;
  };
  /// The request that an answer, or a part of one, names.
  [[nodiscard]] Request& awaited(protocol::RequestId request);

  protocol::RequestId next_ = 1;
  std::uint64_t received_ = 0;
  std::unordered_map<protocol::RequestId, Request> requests_;
};

}  // namespace gt::client

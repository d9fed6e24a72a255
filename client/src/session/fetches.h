// Fetches under way: what was asked for, and what has come of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "client/src/session/host_bytes.h"
#include "common/payload/received_frame.h"
#include "common/protocol/messages.h"
#include "common/transport/shared_pool.h"

namespace gt::client {

/// Joins replies and payload frames, which come in either order. Not thread-safe: belongs to the
/// session's lock. What breaks the rules of the protocol throws CommonError(kProtocol).
class FetchTable {
 public:
  struct Outcome {
    std::optional<protocol::ErrorRecord> error;
    HostBytes bytes;
  };

  /// The pool is borrowed: large values are put together in its memory.
  explicit FetchTable(transport::SharedPool& pool) noexcept : pool_(pool) {}

  /// The number of a new request, for a value of so many bytes.
  [[nodiscard]] protocol::RequestId begin(std::size_t bytes);
  /// The outcome once it is complete; the request is then forgotten.
  [[nodiscard]] std::optional<Outcome> take(protocol::RequestId request);

  void on_reply(protocol::FetchReply reply);
  void on_frame(payload::ReceivedFrame frame);
  void on_failed(const protocol::PayloadFailed& failure);

  /// Bytes of replies so far, counted as RepliesReceived says.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  struct Request {
    explicit Request(std::size_t bytes) : expected(bytes) {}

    std::size_t expected;  ///< bytes of the value
    bool is_answered = false;
    bool has_all_bytes = false;
    std::size_t received = 0;                        ///< of frames
    std::vector<std::byte> bytes;                    ///< what has come, unless it lies
    transport::SharedBlockRef block;                 ///< in shareable memory
    std::shared_ptr<transport::PooledBlock> target;  ///< the same, while frames come
    Outcome outcome;
  };
  /// The request that an answer, or a part of one, names.
  [[nodiscard]] Request& awaited(protocol::RequestId request);

  void begin(Request& request, payload::ReceivedFrame& frame);
  void append(Request& request, std::span<const std::byte> part);

  transport::SharedPool& pool_;
  std::shared_ptr<std::atomic<std::size_t>> held_ = std::make_shared<std::atomic<std::size_t>>(0);
  protocol::RequestId next_ = 1;
  std::uint64_t received_ = 0;
  std::unordered_map<protocol::RequestId, Request> requests_;
};

}  // namespace gt::client

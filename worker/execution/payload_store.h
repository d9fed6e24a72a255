// Payloads of one session that came, or are still under way.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/protocol/messages.h"
#include "worker/execution/value_table.h"

namespace gt::worker {

/// Puts frames together. Instructions ask for payloads by number, before or after they came.
class PayloadStore {
 public:
  enum class State : std::uint8_t { waiting, complete, failed };

  struct Payload {
    State state = State::waiting;
    std::size_t received = 0;
    std::vector<std::byte> bytes;
    Poison failure;                            ///< the sender's, if it failed there
    ErrorKind problem = ErrorKind::kProtocol;  ///< if it failed here, and why
    std::string reason;
  };

  /// A whole payload.
  void add(protocol::PayloadId id, std::vector<std::byte> bytes);
  /// The next frame of a payload. A frame that does not continue what came before, or whose total
  /// is above `limit`, makes the payload fail. Returns whether the payload is now decided.
  bool add(const protocol::PayloadFrame& frame, std::size_t limit);
  /// The payload will not come.
  void fail(protocol::PayloadId id, Poison failure);

  /// Complete or failed.
  [[nodiscard]] bool is_decided(protocol::PayloadId id) const;
  /// Takes a decided payload out.
  [[nodiscard]] Payload take(protocol::PayloadId id);
  [[nodiscard]] std::size_t size() const noexcept { return payloads_.size(); }

 private:
  static void refuse(Payload& payload, ErrorKind kind, std::string reason);

  std::unordered_map<protocol::PayloadId, Payload> payloads_;
};

}  // namespace gt::worker

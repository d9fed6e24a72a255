// Cuts payloads into frames and sends them a few at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "worker/execution/outbox.h"

namespace gt::worker {

/// Payloads on their way to one peer, in order. Sending is cut up so that the thread can look after
/// small messages and heartbeats in between.
class FrameSender {
 public:
  void add(OutgoingPayload payload) { payloads_.push_back(std::move(payload)); }
  [[nodiscard]] bool is_idle() const noexcept { return payloads_.empty(); }

  /// Sends one frame on the bulk lane; false if the peer is lost.
  using Send = std::function<bool(std::vector<std::byte>)>;
  /// Sends the next frames. Returns false if the peer is lost.
  [[nodiscard]] bool send_some(const Send& send);

 private:
  std::deque<OutgoingPayload> payloads_;
  std::size_t offset_ = 0;  ///< within the first payload
};

}  // namespace gt::worker

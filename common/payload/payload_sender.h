// Payloads on their way to one peer.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "common/protocol/messages.h"
#include "common/transport/shared_block.h"

namespace gt::payload {

/// Bytes of the parts in which payloads travel: few enough to stay in a cache between one step of
/// their way and the next.
inline constexpr std::size_t kPartBytes = std::size_t{256} << 10;

/// The bytes of a value for another process.
struct OutgoingPayload {
  protocol::SessionId session = 0;
  protocol::PayloadId payload = 0;
  transport::SharedBlockRef block;
};

/// Sends one message on the bulk lane; false if the peer is lost.
using Send = std::function<bool(std::vector<std::byte>, transport::SharedBlockRef)>;

/// Whether the payload can travel as memory that is lent.
[[nodiscard]] bool can_be_lent(const OutgoingPayload& payload);
/// Sends a payload as one frame whose attachment is the whole block.
[[nodiscard]] bool send_whole(const OutgoingPayload& payload, const Send& send);
/// Sends a payload frame by frame, all at once.
[[nodiscard]] bool send_in_parts(const OutgoingPayload& payload, const Send& send);

/// Queues payloads and sends them a few frames at a time, so that the thread can look after small
/// messages in between. Payloads take turns frame by frame: a large one delays no other. No more
/// than kWindow bytes are with the transport at a time, where they would wait in line.
class PayloadSender {
 public:
  static constexpr std::size_t kWindow = std::size_t{4} << 20;

  /// `has_room` is called, in any thread, when the window has room again.
  explicit PayloadSender(std::function<void()> has_room);
  ~PayloadSender();
  PayloadSender(const PayloadSender&) = delete;
  PayloadSender& operator=(const PayloadSender&) = delete;

  void add(OutgoingPayload payload) { payloads_.push_back({std::move(payload), 0}); }
  /// Whether there is something to send, and room for it.
  [[nodiscard]] bool can_send() const noexcept;
  [[nodiscard]] bool is_idle() const noexcept { return payloads_.empty(); }

  /// Sends the next frames; payloads that can be lent as a whole, if the peer shares memory.
  /// Returns false if the peer is lost.
  [[nodiscard]] bool send_some(bool shares_memory, const Send& send);

 private:
  class Window;
  class Part;
  struct Progress {
    OutgoingPayload payload;
    std::size_t offset = 0;
  };

  [[nodiscard]] bool send_next(Progress& progress, bool shares_memory, const Send& send);

  std::shared_ptr<Window> window_;
  std::deque<Progress> payloads_;
};

}  // namespace gt::payload

// A payload frame as it came.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/protocol/messages.h"
#include "common/transport/transport.h"

namespace gt::payload {

/// A message of the bulk lane. Its part stands behind the header, or is the attachment.
struct ReceivedFrame {
  protocol::FrameHeader header;
  std::vector<std::byte> message;
  transport::SharedBlockRef attachment;

  [[nodiscard]] std::span<const std::byte> part() const {
    if (attachment) return attachment->bytes();
    return std::span(message).subspan(protocol::kFrameHeaderBytes);
  }
  /// Bytes that it takes of this process's own memory.
  [[nodiscard]] std::size_t memory() const {
    return message.size() + (attachment && !is_lent() ? attachment->size() : 0);
  }
  /// Whether the whole payload is memory that was lent.
  [[nodiscard]] bool is_lent() const { return attachment && attachment->location().has_value(); }
};

/// Throws CommonError(kProtocol) if the message is no frame.
[[nodiscard]] ReceivedFrame read_frame(transport::Incoming incoming);

}  // namespace gt::payload

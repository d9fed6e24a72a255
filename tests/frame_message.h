// Messages of either lane as tests see them.
#pragma once

#include <utility>

#include "common/payload/received_frame.h"
#include "common/protocol/messages.h"
#include "common/transport/transport.h"

namespace gt::testing {

/// The message that came; a payload frame holds its part wherever that travelled.
[[nodiscard]] inline protocol::Message message_of(transport::Incoming incoming) {
  if (incoming.lane == transport::Lane::control) return protocol::decode(incoming.bytes);
  const payload::ReceivedFrame frame = payload::read_frame(std::move(incoming));
  const auto part = frame.part();
  return protocol::PayloadFrame{frame.header.session,
                                frame.header.payload,
                                frame.header.offset,
                                frame.header.total,
                                {part.begin(), part.end()}};
}

}  // namespace gt::testing

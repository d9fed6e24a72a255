#include "common/payload/received_frame.h"

#include <optional>
#include <utility>

namespace gt::payload {

ReceivedFrame read_frame(transport::Incoming incoming) {
  const auto attached =
      incoming.attachment ? std::optional(incoming.attachment->size()) : std::nullopt;
  const protocol::FrameHeader header = protocol::read_frame_header(incoming.bytes, attached);
  return {header, std::move(incoming.bytes), std::move(incoming.attachment)};
}

}  // namespace gt::payload

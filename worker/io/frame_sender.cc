#include "worker/io/frame_sender.h"

#include <algorithm>
#include <span>

namespace gt::worker {
namespace {

constexpr int kFramesAtATime = 4;

}  // namespace

bool FrameSender::send_some(const Send& send) {
  for (int count = 0; count < kFramesAtATime && !payloads_.empty(); ++count) {
    const OutgoingPayload& payload = payloads_.front();
    const std::size_t size = std::min(payload.bytes.size() - offset_, protocol::kMaxFrameBytes);
    const auto part = std::span(payload.bytes).subspan(offset_, size);
    if (!send(protocol::encode_frame(payload.session, payload.payload, offset_,
                                     payload.bytes.size(), part)))
      return false;
    offset_ += size;
    if (offset_ < payload.bytes.size()) continue;
    payloads_.pop_front();
    offset_ = 0;
  }
  return true;
}

}  // namespace gt::worker

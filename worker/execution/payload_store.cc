#include "worker/execution/payload_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "common/transport/counted_block.h"
#include "worker/execution/lender.h"

namespace gt::worker {
void PayloadStore::refuse(Payload& payload, ErrorKind kind, std::string reason) {
  payload = {};
  payload.state = State::failed;
  payload.problem = kind;
  payload.reason = std::move(reason);
}
void PayloadStore::add(protocol::PayloadId id, std::vector<std::byte> bytes) {
  const std::size_t count = bytes.size();
  Payload& payload = payloads_[id];
  payload = {};
  payload.state = State::complete;
  payload.received = count;
  payload.bytes = std::move(bytes);
}

bool PayloadStore::add(payload::ReceivedFrame frame, std::size_t limit) {
  const protocol::FrameHeader& header = frame.header;
  Payload& payload = payloads_[header.payload];
  if (payload.state != State::waiting) return true;
  const std::size_t end = payload.received + header.size;
  const bool is_first = payload.received == 0;
  if (is_first && header.total > limit) {
    refuse(payload, ErrorKind::kOutOfMemory,
           fmt::format("a payload of {} bytes is above the worker's memory limit of {} bytes",
                       header.total, limit));
    return true;
  }
  if (header.offset != payload.received || end > header.total ||
      (!is_first && payload.total != header.total)) {
    refuse(payload, ErrorKind::kProtocol,
           fmt::format("frame at {} of {} bytes does not continue payload {}, of which {} bytes "
                       "came",
                       header.offset, header.total, header.payload, payload.received));
    return true;
  }
  if (is_first && adopt(payload, frame)) return true;
  try {
    if (is_first) make_room(payload, header.total);
  } catch (const std::bad_alloc&) {
    refuse(payload, ErrorKind::kOutOfMemory,
           fmt::format("no memory for a payload of {} bytes", header.total));
    return true;
  }
  const std::span<std::byte> target =
      payload.target ? payload.target->memory() : std::span(payload.bytes);
  const std::span<const std::byte> part = frame.part();
  std::copy(part.begin(), part.end(), target.subspan(payload.received).begin());
  payload.received = end;
  if (end < header.total) return false;
  payload.state = State::complete;
  payload.block = std::move(payload.target);
  return true;
}

/// Keeps memory that was lent, unless too much is kept already.
bool PayloadStore::adopt(Payload& payload, payload::ReceivedFrame& frame) {
  if (!frame.is_lent() || frame.header.size != frame.header.total || *adopted_ >= kMostAdopted)
    return false;
  payload.block = transport::count_block(std::move(frame.attachment), adopted_);
  payload.received = payload.total = frame.header.total;
  payload.state = State::complete;
  return true;
}

/// Large payloads get memory whose pages are there.
void PayloadStore::make_room(Payload& payload, std::size_t total) {
  payload.total = total;
  if (total >= kLeastLentBytes) payload.target = pool_.take(total);
  if (!payload.target) payload.bytes.resize(total);
}

void PayloadStore::fail(protocol::PayloadId id, Poison failure) {
  Payload& payload = payloads_[id];
  if (payload.state != State::waiting) return;
  payload = {};
  payload.state = State::failed;
  payload.failure = std::move(failure);
}

bool PayloadStore::is_decided(protocol::PayloadId id) const {
  const auto found = payloads_.find(id);
  return found != payloads_.end() && found->second.state != State::waiting;
}

PayloadStore::Payload PayloadStore::take(protocol::PayloadId id) {
  auto node = payloads_.extract(id);
  GT_INVARIANT(!node.empty(), "payload " + std::to_string(id));
  return std::move(node.mapped());
}

}  // namespace gt::worker

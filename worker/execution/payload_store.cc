#include "worker/execution/payload_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

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

bool PayloadStore::add(const protocol::PayloadFrame& frame, std::size_t limit) {
  Payload& payload = payloads_[frame.payload];
  if (payload.state != State::waiting) return true;
  const std::size_t end = payload.received + frame.bytes.size();
  const bool is_first = payload.received == 0;
  if (is_first && frame.total > limit) {
    refuse(payload, ErrorKind::kOutOfMemory,
           fmt::format("a payload of {} bytes is above the worker's memory limit of {} bytes",
                       frame.total, limit));
    return true;
  }
  if (frame.offset != payload.received || end > frame.total ||
      (!is_first && payload.bytes.size() != frame.total)) {
    refuse(payload, ErrorKind::kProtocol,
           fmt::format("frame at {} of {} bytes does not continue payload {}, of which {} bytes "
                       "came",
                       frame.offset, frame.total, frame.payload, payload.received));
    return true;
  }
  try {
    if (is_first) payload.bytes.resize(frame.total);
  } catch (const std::bad_alloc&) {
    refuse(payload, ErrorKind::kOutOfMemory,
           fmt::format("no memory for a payload of {} bytes", frame.total));
    return true;
  }
  std::copy(frame.bytes.begin(), frame.bytes.end(),
            payload.bytes.begin() + static_cast<std::ptrdiff_t>(payload.received));
  payload.received = end;
  if (end == frame.total) payload.state = State::complete;
  return payload.state == State::complete;
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

#include "client/src/session/fetches.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/transport/counted_block.h"

namespace gt::client {
namespace {

/// Memory is taken as bytes arrive: an announced size alone must not exhaust it.
constexpr std::uint64_t kMostReserved = std::uint64_t{256} << 20;

/// Values from this size on are put together in memory that is kept.
constexpr std::size_t kLeastPooledBytes = std::size_t{256} << 10;
/// Blocks of workers that fetched values may lie in. A connection can hold 1024 leases; when so
/// many are taken, the next ones are copied and given back at once.
constexpr std::size_t kMostHeld = 64;

[[noreturn]] void violation(const std::string& message) {
  throw CommonError(ErrorKind::kProtocol, message);
}

void check_size(std::size_t actual, std::size_t expected) {
  if (actual != expected)
    violation("a fetched value has " + std::to_string(actual) + " bytes, its dtype and shape say " +
              std::to_string(expected));
}

}  // namespace

protocol::RequestId FetchTable::begin() {
  const protocol::RequestId request = next_++;
  requests_.try_emplace(request);
  return request;
}

std::optional<FetchTable::Outcome> FetchTable::take(protocol::RequestId request) {
  const auto found = requests_.find(request);
  if (found == requests_.end() || !found->second.is_answered) return std::nullopt;
  Request& entry = found->second;
  if (entry.awaited) {
    const auto payload = payloads_.find(*entry.awaited);
    if (payload == payloads_.end() || !payload->second.is_complete) return std::nullopt;
    entry.outcome.error = std::move(payload->second.error);
    Payload& content = payload->second;
    entry.outcome.bytes =
        content.block ? HostBytes(std::move(content.block)) : HostBytes(std::move(content.bytes));
    payloads_.erase(payload);
  }
  if (!entry.outcome.error) check_size(entry.outcome.bytes.size(), entry.expected);
  Outcome outcome = std::move(entry.outcome);
  requests_.erase(found);
  return outcome;
}

void FetchTable::on_reply(protocol::FetchReply reply) {
  received_ += protocol::kReplyOverheadBytes + reply.bytes.size();
  const auto found = requests_.find(reply.request);
  if (found == requests_.end()) return;
  Request& request = found->second;
  request.is_answered = true;
  if (reply.failed) {
    request.outcome.error = std::move(reply.error);
    return;
  }
  request.expected = reply.meta.byte_count();
  if (reply.is_inline)
    request.outcome.bytes = std::move(reply.bytes);
  else
    request.awaited = reply.payload;
}

void FetchTable::on_frame(payload::ReceivedFrame frame) {
  const protocol::FrameHeader& header = frame.header;
  Payload& payload = payloads_[header.payload];
  const bool is_first = payload.received == 0;
  if (payload.is_complete || header.offset != payload.received ||
      (!is_first && header.total != payload.total))
    violation("a payload frame at offset " + std::to_string(header.offset) + " where " +
              std::to_string(payload.received) + " of " + std::to_string(header.total) +
              " bytes have come");
  if (is_first) begin(payload, frame);
  if (!payload.block) append(payload, frame.part());
  payload.received += header.size;
  payload.is_complete = payload.received == payload.total;
  if (!payload.is_complete) return;
  if (payload.target) payload.block = std::move(payload.target);
  received_ += payload.total;
}

/// Keeps memory that was lent as a whole, unless much is kept already; else makes room.
void FetchTable::begin(Payload& payload, payload::ReceivedFrame& frame) {
  payload.total = frame.header.total;
  if (frame.is_lent() && frame.header.size == payload.total && *held_ < kMostHeld)
    payload.block = transport::count_block(std::move(frame.attachment), held_);
  else if (payload.total >= kLeastPooledBytes && payload.total <= kMostReserved)
    payload.target = pool_.take(payload.total);
  if (!payload.block && !payload.target)
    payload.bytes.reserve(std::min<std::uint64_t>(payload.total, kMostReserved));
}

void FetchTable::append(Payload& payload, std::span<const std::byte> part) {
  if (payload.target)
    std::copy(part.begin(), part.end(), payload.target->memory().subspan(payload.received).begin());
  else
    payload.bytes.insert(payload.bytes.end(), part.begin(), part.end());
}

void FetchTable::on_failed(const protocol::PayloadFailed& failure) {
  Payload& payload = payloads_[failure.payload];
  payload.is_complete = true;
  payload.error = failure.error;
}

}  // namespace gt::client

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

/// A value is as large as the session knows it to be: whoever reads it relies on that.
void check_size(std::size_t actual, std::size_t expected) {
  if (actual != expected)
    violation("a fetched value has " + std::to_string(actual) + " bytes, its dtype and shape say " +
              std::to_string(expected));
}

}  // namespace

protocol::RequestId FetchTable::begin(std::size_t bytes) {
  const protocol::RequestId request = next_++;
  requests_.try_emplace(request, bytes);
  return request;
}

std::optional<FetchTable::Outcome> FetchTable::take(protocol::RequestId request) {
  const auto found = requests_.find(request);
  if (found == requests_.end() || !found->second.is_answered) return std::nullopt;
  Outcome& outcome = found->second.outcome;
  if (!outcome.error && !found->second.has_all_bytes) return std::nullopt;
  if (outcome.error) outcome.bytes = {};
  Outcome taken = std::move(outcome);
  requests_.erase(found);
  return taken;
}

FetchTable::Request& FetchTable::awaited(protocol::RequestId request) {
  const auto found = requests_.find(request);
  if (found == requests_.end())
    violation("an answer to request " + std::to_string(request) + ", which is not open");
  return found->second;
}

void FetchTable::on_reply(protocol::FetchReply reply) {
  Request& request = awaited(reply.request);
  if (request.is_answered) violation("two answers to one fetch");
  received_ += protocol::kReplyOverheadBytes + reply.bytes.size();
  request.is_answered = true;
  if (reply.failed) {
    request.outcome.error = std::move(reply.error);
    return;
  }
  check_size(reply.meta.byte_count(), request.expected);
  if (reply.is_inline) {
    request.outcome.bytes = std::move(reply.bytes);
    request.has_all_bytes = true;
  } else if (reply.payload != reply.request) {
    violation("a fetch reply announces payload " + std::to_string(reply.payload) + " for request " +
              std::to_string(reply.request));
  }
}

void FetchTable::on_frame(payload::ReceivedFrame frame) {
  const protocol::FrameHeader& header = frame.header;
  Request& request = awaited(header.payload);
  check_size(header.total, request.expected);
  if (request.has_all_bytes || header.offset != request.received)
    violation("a payload frame at offset " + std::to_string(header.offset) + " where " +
              std::to_string(request.received) + " of " + std::to_string(header.total) +
              " bytes have come");
  if (request.received == 0) begin(request, frame);
  if (!request.block) append(request, frame.part());
  request.received += header.size;
  request.has_all_bytes = request.received == header.total;
  if (!request.has_all_bytes) return;
  received_ += header.total;
  if (request.target) request.block = std::move(request.target);
  request.outcome.bytes =
      request.block ? HostBytes(std::move(request.block)) : HostBytes(std::move(request.bytes));
}

/// Keeps memory that was lent as a whole, unless much is kept already; else makes room.
void FetchTable::begin(Request& request, payload::ReceivedFrame& frame) {
  const std::size_t total = frame.header.total;
  if (frame.is_lent() && frame.header.size == total && *held_ < kMostHeld)
    request.block = transport::count_block(std::move(frame.attachment), held_);
  else if (total >= kLeastPooledBytes && total <= kMostReserved)
    request.target = pool_.take(total);
  if (!request.block && !request.target)
    request.bytes.reserve(std::min<std::uint64_t>(total, kMostReserved));
}

void FetchTable::append(Request& request, std::span<const std::byte> part) {
  if (request.target)
    std::copy(part.begin(), part.end(), request.target->memory().subspan(request.received).begin());
  else
    request.bytes.insert(request.bytes.end(), part.begin(), part.end());
}

void FetchTable::on_failed(const protocol::PayloadFailed& failure) {
  Request& request = awaited(failure.payload);
  request.is_answered = true;
  request.outcome.error = failure.error;
}

}  // namespace gt::client

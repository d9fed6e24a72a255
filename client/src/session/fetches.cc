#include "client/src/session/fetches.h"

#include <algorithm>
#include <string>
#include <utility>

namespace gt::client {
namespace {

/// Memory is taken as bytes arrive: an announced size alone must not exhaust it.
constexpr std::uint64_t kMostReserved = std::uint64_t{256} << 20;

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
    entry.outcome.bytes = std::move(payload->second.bytes);
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

void FetchTable::on_frame(const protocol::PayloadFrame& frame) {
  Payload& payload = payloads_[frame.payload];
  if (payload.is_complete || frame.offset != payload.bytes.size() || frame.offset > frame.total ||
      frame.bytes.size() > frame.total - frame.offset)
    violation("a payload frame at offset " + std::to_string(frame.offset) + " where " +
              std::to_string(payload.bytes.size()) + " of " + std::to_string(frame.total) +
              " bytes have come");
  if (payload.bytes.empty()) payload.bytes.reserve(std::min(frame.total, kMostReserved));
  payload.bytes.insert(payload.bytes.end(), frame.bytes.begin(), frame.bytes.end());
  payload.is_complete = payload.bytes.size() == frame.total;
  if (payload.is_complete) received_ += frame.total;
}

void FetchTable::on_failed(const protocol::PayloadFailed& failure) {
  Payload& payload = payloads_[failure.payload];
  payload.is_complete = true;
  payload.error = failure.error;
}

}  // namespace gt::client

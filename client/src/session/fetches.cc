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
  if (outcome.error) outcome.bytes.clear();
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

void FetchTable::on_frame(const protocol::PayloadFrame& frame) {
  Request& request = awaited(frame.payload);
  std::vector<std::byte>& bytes = request.outcome.bytes;
  check_size(frame.total, request.expected);
  if (request.has_all_bytes || frame.offset != bytes.size() || frame.offset > frame.total ||
      frame.bytes.size() > frame.total - frame.offset)
    violation("a payload frame at offset " + std::to_string(frame.offset) + " where " +
              std::to_string(bytes.size()) + " of " + std::to_string(frame.total) +
              " bytes have come");
  if (bytes.empty()) bytes.reserve(std::min<std::uint64_t>(frame.total, kMostReserved));
  bytes.insert(bytes.end(), frame.bytes.begin(), frame.bytes.end());
  request.has_all_bytes = bytes.size() == frame.total;
  if (request.has_all_bytes) received_ += frame.total;
}

void FetchTable::on_failed(const protocol::PayloadFailed& failure) {
  Request& request = awaited(failure.payload);
  request.is_answered = true;
  request.outcome.error = failure.error;
}

}  // namespace gt::client

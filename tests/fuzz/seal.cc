// Sealed messages that a network lost, repeated, swapped, changed or made up: only the next one,
// unharmed, gets through.
#include <cstring>
#include <deque>
#include <optional>

#include "common/transport/local_block.h"
#include "common/transport/zmq_socket.h"
#include "tests/fuzz/source.h"

namespace {

using namespace gt::transport;
using Bytes = std::vector<std::byte>;

/// The parts of a message.
struct Sent {
  Bytes seal;
  Bytes bytes;
  std::optional<Bytes> attachment;
  friend bool operator==(const Sent&, const Sent&) = default;
};

Bytes to_bytes(const zmq::message_t& message) {
  const auto* begin = static_cast<const std::byte*>(message.data());
  return {begin, begin + message.size()};
}
zmq::message_t to_part(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }

Sent sent_of(const SealedMessage& message) {
  Sent sent{to_bytes(message.seal), to_bytes(message.bytes), std::nullopt};
  if (message.attachment) sent.attachment = to_bytes(*message.attachment);
  return sent;
}
SealedMessage sealed_of(const Sent& sent) {
  SealedMessage message{to_part(sent.seal), to_part(sent.bytes), std::nullopt};
  if (sent.attachment) message.attachment = to_part(*sent.attachment);
  return message;
}

void flip_bit(FuzzedDataProvider& input, Bytes& bytes) {
  if (bytes.empty()) return;
  bytes[input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1)] ^= std::byte{1};
}

/// What the network makes of a message.
void disturb(FuzzedDataProvider& input, Sent& message) {
  switch (input.ConsumeIntegralInRange(0, 8)) {
    case 0: {
      // The hash is of the message alone: a number that is wrong is not the next by chance.
      const std::uint64_t number = gt::fuzz::word(input) | std::uint64_t{1} << 40;
      std::memcpy(message.seal.data(), &number, sizeof number);
      return;
    }
    case 1:
      message.seal = gt::fuzz::bytes(input, 20);
      return;
    case 2:
      message.bytes.push_back(std::byte{0});
      return;
    case 3:
      return flip_bit(input, message.bytes);
    case 4:
      if (message.attachment) flip_bit(input, *message.attachment);
      return;
    case 5:
      message.attachment.reset();
      return;
    default:
      return;
  }
}

Sent seal_next(FuzzedDataProvider& input, Seals& sender, Lane lane) {
  SharedBlockRef attachment;
  if (input.ConsumeBool()) attachment = std::make_shared<LocalBlock>(gt::fuzz::bytes(input, 32));
  return sent_of(seal_message(sender, lane, gt::fuzz::bytes(input, 32), std::move(attachment)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  Seals sender, receiver;
  std::deque<Sent> queues[2];
  std::size_t next[2] = {};
  while (input.remaining_bytes() > 0) {
    const auto index = input.ConsumeIntegralInRange<std::size_t>(0, 1);
    const Lane lane = index == 0 ? Lane::control : Lane::bulk;
    auto& queue = queues[index];
    if (input.ConsumeBool() && queue.size() < 64) {
      queue.push_back(seal_next(input, sender, lane));
      continue;
    }
    if (queue.empty()) continue;
    const auto k = input.ConsumeIntegralInRange<std::size_t>(0, queue.size() - 1);
    Sent message = queue[k];
    disturb(input, message);
    if (!check(receiver, lane, sealed_of(message)).empty()) continue;
    // What gets through is the next that was sent.
    if (next[index] >= queue.size() || !(queue[next[index]] == message)) __builtin_trap();
    ++next[index];
  }
  return 0;
}

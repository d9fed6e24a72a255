// Sealed messages that a network lost, repeated, swapped, changed or made up: only the next one,
// unharmed, gets through.
#include <deque>

#include "common/transport/zmq_socket.h"
#include "tests/fuzz/source.h"

namespace {

using namespace gt::transport;

struct Sent {
  Seal seal;
  std::vector<std::byte> bytes;
};

/// What the network makes of a message.
void disturb(FuzzedDataProvider& input, Sent& message) {
  switch (input.ConsumeIntegralInRange(0, 5)) {
    case 0:
      // The hash is of the message alone: a number that is wrong is not the next by chance.
      message.seal.number = gt::fuzz::word(input) | std::uint64_t{1} << 40;
      return;
    case 1:
      message.seal.hash = gt::fuzz::word(input);
      return;
    case 2:
      message.bytes.push_back(std::byte{0});
      return;
    case 3:
      if (message.bytes.empty()) return;
      message.bytes[input.ConsumeIntegralInRange<std::size_t>(0, message.bytes.size() - 1)] ^=
          std::byte{1};
      return;
    default:
      return;
  }
}

std::optional<Seal> through_wire(FuzzedDataProvider& input, const Seal& seal) {
  if (input.ConsumeIntegralInRange(0, 15) != 0) return to_seal(to_message(seal));
  return to_seal(to_message(gt::fuzz::bytes(input, 20)));
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
      std::vector<std::byte> bytes = gt::fuzz::bytes(input, 32);
      const Seal seal = sender.next(lane, bytes);
      queue.push_back({seal, std::move(bytes)});
      continue;
    }
    if (queue.empty()) continue;
    const auto k = input.ConsumeIntegralInRange<std::size_t>(0, queue.size() - 1);
    Sent message = queue[k];
    disturb(input, message);
    const auto seal = through_wire(input, message.seal);
    if (!seal || !receiver.check(lane, *seal, message.bytes).empty()) continue;
    // What gets through is the next that was sent.
    if (next[index] >= queue.size() || queue[next[index]].bytes != message.bytes) __builtin_trap();
    ++next[index];
  }
  return 0;
}

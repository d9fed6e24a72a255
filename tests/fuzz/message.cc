// Bytes from the network: decoding them ends in a message or in a protocol error.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "common/error.h"
#include "common/protocol/messages.h"

namespace {

/// A sound message for the mutations to start from.
gt::protocol::Message sample(unsigned seed) {
  switch (seed % 6) {
    case 0:
      return gt::protocol::ClientHello{1, "0.1.0", 7, {{"GT_COMPILE", "1"}}};
    case 1:
      return gt::protocol::ClientBatch{1,      2, 3, true, 4, {{1, {}}}, {{5, {std::byte{6}}}},
                                       {7, 8}, {}};
    case 2:
      return gt::protocol::WorkerFetchReply{};
    case 3:
      return gt::protocol::PlannedBatch{1,
                                        2,
                                        true,
                                        3,
                                        {{4, {}}},
                                        {},
                                        {5, 6, 7},
                                        {{"GT_COMPILE", "1"}},
                                        {{1, {"a", {}, {}, {}}}},
                                        {{{8, 9}, {}}}};
    case 4:
      return gt::protocol::PayloadFrame{1, 2, 0, 3, std::vector<std::byte>(3)};
    case 5:
      return gt::protocol::SequenceReport{1, 2, {3, 4}, {}, 5, 6, 0.5, 0.25, 7, "relu"};
  }
  return gt::protocol::Heartbeat{};
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (size < 8 || seed % 64 == 0) {
    const std::vector<std::byte> bytes = gt::protocol::encode(sample(seed / 64));
    if (bytes.size() <= max_size) {
      std::memcpy(data, bytes.data(), bytes.size());
      size = bytes.size();
    }
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto message = gt::protocol::decode(std::as_bytes(std::span(data, size)));
    // What is decoded can travel on.
    if (gt::protocol::encode(message).empty()) __builtin_trap();
  } catch (const gt::CommonError& error) {
    if (error.kind() != gt::ErrorKind::kProtocol) __builtin_trap();
  }
  return 0;
}

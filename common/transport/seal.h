// A number and a hash beside every message that a network carries, so that one that was lost,
// repeated, overtaken or changed on its way is noticed. ZeroMQ connects again after a cut without
// a word and without what was under way; a session that went on would wait for ever.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "common/transport/transport.h"
#include "common/transport/zmq_lane.h"

namespace gt::transport {

/// Travels as 16 bytes, little-endian.
struct Seal {
  std::uint64_t number = 0;  ///< of the message in its lane and direction, from 1
  std::uint64_t hash = 0;    ///< XXH3 (64 bits, github.com/Cyan4973/xxHash) of its bytes

  [[nodiscard]] static Seal of(std::uint64_t number, std::span<const std::byte> message);
};
/// The same hash of any bytes; of an attachment it travels behind the seal.
[[nodiscard]] std::uint64_t hash_of(std::span<const std::byte> bytes);
inline constexpr std::size_t kSealBytes = 16;
static_assert(sizeof(Seal) == kSealBytes);

/// One end of a connection: seals what leaves in order, checks what comes.
class Seals {
 public:
  [[nodiscard]] Seal next(Lane lane, std::span<const std::byte> message) {
    return Seal::of(++sent_[index_of(lane)], message);
  }
  /// What is wrong with a message; empty if it is the next one, unharmed.
  [[nodiscard]] std::string check(Lane lane, const Seal& seal, std::span<const std::byte> message);

 private:
  std::array<std::uint64_t, kLanes> sent_{};
  std::array<std::uint64_t, kLanes> received_{};
};

}  // namespace gt::transport

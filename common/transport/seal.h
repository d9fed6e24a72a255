// A number and a hash beside every message that a network carries, so that one that was lost,
// repeated, overtaken or changed on its way is noticed. ZeroMQ connects again after a cut without
// a word and without what was under way; a session that went on would wait for ever.
#pragma once

#include <array>
#include <chrono>
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
///
/// A loss shows when the next message comes. Control messages follow each other for ever, payload
/// frames do not: a marker (an empty message on the bulk lane, for the other end's Seals alone)
/// goes beside a control message when nothing was sent on the bulk lane for a while.
class Seals {
 public:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] Seal next(Lane lane, std::span<const std::byte> message) {
    if (lane == Lane::bulk) last_bulk_ = Clock::now();
    return Seal::of(++sent_[index_of(lane)], message);
  }
  /// Whether a marker is to be sent after a message of that lane.
  [[nodiscard]] bool is_marker_due(Lane lane) const {
    return lane == Lane::control && sent_[index_of(Lane::bulk)] > 0 &&
           Clock::now() - last_bulk_ >= kMarkerPeriod;
  }
  /// Whether a message of so many bytes is one.
  [[nodiscard]] static bool is_marker(Lane lane, std::size_t size) {
    return lane == Lane::bulk && size == 0;
  }

  /// What is wrong with a message; empty if it is the next one, unharmed.
  [[nodiscard]] std::string check(Lane lane, const Seal& seal, std::span<const std::byte> message);

 private:
  static constexpr std::chrono::milliseconds kMarkerPeriod{200};

  Clock::time_point last_bulk_;
  std::array<std::uint64_t, kLanes> sent_{};
  std::array<std::uint64_t, kLanes> received_{};
};

}  // namespace gt::transport

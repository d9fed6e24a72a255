// Routing identities: 16 random bytes name a peer, one more byte its lane.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/transport/transport.h"

namespace gt::transport {

inline constexpr std::size_t kIdentityBytes = 16;
inline constexpr std::size_t kLanes = 2;

[[nodiscard]] constexpr std::size_t index_of(Lane lane) noexcept {
  return static_cast<std::size_t>(lane);
}
[[nodiscard]] constexpr char lane_byte(Lane lane) noexcept {
  return lane == Lane::control ? 'c' : 'b';
}
/// The lane that the byte names; nothing for any other byte.
[[nodiscard]] constexpr std::optional<Lane> lane_of_byte(char byte) noexcept {
  if (byte == lane_byte(Lane::control)) return Lane::control;
  if (byte == lane_byte(Lane::bulk)) return Lane::bulk;
  return std::nullopt;
}

}  // namespace gt::transport

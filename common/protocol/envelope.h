// How the bytes of a message begin; shared by encode, decode and frames.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "common/error.h"

namespace gt::protocol {

static_assert(std::endian::native == std::endian::little, "the wire is little-endian");

/// Bytes 4..7 of a payload frame, where control messages have their FlatBuffers identifier.
inline constexpr std::uint32_t kFrameMagic = 0x46505447;  // "GTPF"

[[noreturn]] inline void fail_decoding(const std::string& reason) {
  throw CommonError(ErrorKind::kProtocol, "malformed message: " + reason);
}

/// Throws, naming both versions, unless the peer speaks ours.
void check_version(std::uint32_t version);

}  // namespace gt::protocol

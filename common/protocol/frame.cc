#include <array>
#include <cstring>

#include "common/protocol/envelope.h"
#include "common/protocol/messages.h"

namespace gt::protocol {
namespace {

/// The first 40 bytes of a frame.
struct RawHeader {
  std::uint32_t version;
  std::uint32_t magic;
  std::uint64_t session;
  std::uint64_t payload;
  std::uint64_t offset;
  std::uint64_t total;
};
static_assert(sizeof(RawHeader) == kFrameHeaderBytes);

}  // namespace

void check_version(std::uint32_t version) {
  if (version != kProtocolVersion)
    throw CommonError(ErrorKind::kProtocol,
                      "the peer speaks protocol version " + std::to_string(version) +
                          ", this side speaks version " + std::to_string(kProtocolVersion));
}

std::vector<std::byte> encode_frame(SessionId session, PayloadId payload, std::uint64_t offset,
                                    std::uint64_t total, std::span<const std::byte> part) {
  GT_INVARIANT(part.size() <= kMaxFrameBytes, "a payload frame is too large");
  const RawHeader header{kProtocolVersion, kFrameMagic, session, payload, offset, total};
  std::vector<std::byte> bytes;
  bytes.reserve(sizeof(header) + part.size());
  const auto* head = reinterpret_cast<const std::byte*>(&header);
  bytes.insert(bytes.end(), head, head + sizeof(header));
  bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

FrameView view_frame(std::span<const std::byte> bytes) {
  RawHeader raw{};
  if (bytes.size() < sizeof(raw)) fail_decoding("a payload frame ends within its header");
  std::memcpy(&raw, bytes.data(), sizeof(raw));
  if (raw.magic != kFrameMagic) fail_decoding("not a payload frame");
  check_version(raw.version);
  const std::span<const std::byte> part = bytes.subspan(sizeof(raw));
  if (part.size() > kMaxFrameBytes)
    fail_decoding("a payload frame of " + std::to_string(part.size()) + " bytes, at most " +
                  std::to_string(kMaxFrameBytes) + " are allowed");
  if (raw.offset > raw.total || part.size() > raw.total - raw.offset)
    fail_decoding("a payload frame reaches beyond its payload");
  if (part.empty() && raw.total != 0) fail_decoding("an empty frame of a payload with bytes");
  return {{raw.session, raw.payload, raw.offset, raw.total, part.size()}, part};
}

}  // namespace gt::protocol

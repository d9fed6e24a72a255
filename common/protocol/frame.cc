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

void append(std::vector<std::byte>& bytes, const RawHeader& header) {
  const auto* begin = reinterpret_cast<const std::byte*>(&header);
  bytes.insert(bytes.end(), begin, begin + sizeof(header));
}

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
  std::vector<std::byte> bytes;
  bytes.reserve(kFrameHeaderBytes + part.size());
  append(bytes, {kProtocolVersion, kFrameMagic, session, payload, offset, total});
  bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

std::vector<std::byte> encode_frame_header(const FrameHeader& header) {
  std::vector<std::byte> bytes;
  append(bytes, {kProtocolVersion, kFrameMagic, header.session, header.payload, header.offset,
                 header.total});
  return bytes;
}

FrameHeader read_frame_header(std::span<const std::byte> bytes,
                              std::optional<std::size_t> attached) {
  RawHeader raw{};
  if (bytes.size() < sizeof(raw)) fail_decoding("a payload frame ends within its header");
  std::memcpy(&raw, bytes.data(), sizeof(raw));
  if (raw.magic != kFrameMagic) fail_decoding("not a payload frame");
  check_version(raw.version);
  if (attached && bytes.size() > sizeof(raw))
    fail_decoding("a payload frame with a part and an attachment");
  const std::size_t size = attached.value_or(bytes.size() - sizeof(raw));
  const bool is_whole_attachment = attached && raw.offset == 0 && size == raw.total;
  if (size > kMaxFrameBytes && !is_whole_attachment)
    fail_decoding("a payload frame of " + std::to_string(size) + " bytes, at most " +
                  std::to_string(kMaxFrameBytes) + " are allowed");
  if (raw.offset > raw.total || size > raw.total - raw.offset)
    fail_decoding("a payload frame reaches beyond its payload");
  if (size == 0 && raw.total != 0) fail_decoding("an empty frame of a payload with bytes");
  return {raw.session, raw.payload, raw.offset, raw.total, size};
}

FrameView view_frame(std::span<const std::byte> bytes) {
  const FrameHeader header = read_frame_header(bytes, std::nullopt);
  return {header, bytes.subspan(kFrameHeaderBytes)};
}

}  // namespace gt::protocol

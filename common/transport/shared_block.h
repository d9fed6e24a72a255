// Memory that travels between processes of one host by reference.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace gt::transport {

/// Where a block lies, for other processes of this host.
struct SharedLocation {
  /// The segment, which lives as long as anybody holds this. Its identity is that of the segment:
  /// a peer gets the descriptor once a segment, not once a block.
  std::shared_ptr<const void> segment;
  int descriptor = -1;           ///< a memfd sealed against shrinking and growing; borrowed
  std::size_t segment_size = 0;  ///< bytes of the whole memfd
  std::size_t offset = 0;        ///< of the block in the segment
};

/// Bytes in memory that several processes of one host can map. Nobody writes to them while anybody
/// but their maker holds the block; the maker may use the memory again when the block is destroyed,
/// which can happen in any thread.
class SharedBlock {
 public:
  virtual ~SharedBlock() = default;

  [[nodiscard]] virtual std::span<const std::byte> bytes() const noexcept = 0;
  /// How many bytes; unlike `bytes` it touches none of them.
  [[nodiscard]] virtual std::size_t size() const noexcept { return bytes().size(); }

  /// Where the block lies; nothing if it is memory of this process alone, which only the in-process
  /// twin can pass on.
  [[nodiscard]] virtual std::optional<SharedLocation> location() const = 0;

  /// Makes the bytes memory of this process alone, writable and at the same address; null if that
  /// cannot be had. Only for whoever holds the block alone in this process.
  [[nodiscard]] virtual std::byte* detach() const { return nullptr; }
};

using SharedBlockRef = std::shared_ptr<const SharedBlock>;

}  // namespace gt::transport

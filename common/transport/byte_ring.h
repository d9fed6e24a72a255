// Records in a ring of shared memory, from one writer to one reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/transport/link_memory.h"

namespace gt::transport {

/// What the bytes of a record are. Values are wire constants.
enum class RecordKind : std::uint8_t {
  whole = 1,  ///< a message
  begin = 2,  ///< its size (uint64), then the first piece
  more = 3,   ///< a further piece
  end = 4,    ///< the last piece
  lease = 5,  ///< a LeaseRecord: the attachment of the next message
};

struct RecordHeader {
  RecordKind kind = RecordKind::whole;
  /// The pieces are not the next message but its attachment.
  bool is_attachment = false;
  std::uint32_t length = 0;  ///< bytes after the header
};

inline constexpr std::size_t kRecordHeaderBytes = 8;

/// Both ends keep their own place themselves and take only the other's from the memory. They throw
/// CommonError(kProtocol) if what stands there is impossible.
class RingWriter {
 public:
  RingWriter(RingCounters& counters, std::span<std::byte> data)
      : counters_(counters), data_(data) {}

  /// How long a record may be now; nothing if not even its header fits. Looks at the reader's
  /// place only if it seems to be less than `wanted`.
  [[nodiscard]] std::optional<std::size_t> room(std::size_t wanted);
  /// Whether at least half of the ring is free.
  [[nodiscard]] bool is_half_empty();
  /// Writes a record of `first` and `second`, for which there must be room. The header's length is
  /// filled in.
  void write(RecordHeader header, std::span<const std::byte> first,
             std::span<const std::byte> second = {});

 private:
  [[nodiscard]] std::size_t free_bytes() const { return data_.size() - (written_ - seen_read_); }
  void look();
  void copy_in(std::uint64_t position, std::span<const std::byte> bytes);

  RingCounters& counters_;
  std::span<std::byte> data_;
  std::uint64_t written_ = 0;
  std::uint64_t seen_read_ = 0;
};

class RingReader {
 public:
  RingReader(RingCounters& counters, std::span<const std::byte> data)
      : counters_(counters), data_(data) {}

  [[nodiscard]] bool has_record() const { return counters_.written.load() != read_; }
  /// The next record, which stays until `consume`.
  [[nodiscard]] std::optional<RecordHeader> peek();
  /// Appends the bytes of the record from `offset` on.
  void append_to(std::vector<std::byte>& bytes, const RecordHeader& header,
                 std::size_t offset = 0) const;
  void consume(const RecordHeader& header);
  /// Whether the writer has at least half of the ring for itself.
  [[nodiscard]] bool is_half_empty() const;

 private:
  RingCounters& counters_;
  std::span<const std::byte> data_;
  std::uint64_t read_ = 0;
  std::uint64_t seen_written_ = 0;
};

}  // namespace gt::transport

#include "common/transport/byte_ring.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "common/error.h"

namespace gt::transport {
namespace {

constexpr std::uint64_t kAttachmentBit = std::uint64_t{1} << 40;

/// Records begin at multiples of eight, so that a header never crosses the end of the ring.
constexpr std::size_t record_bytes(std::size_t length) {
  return kRecordHeaderBytes + (length + 7) / 8 * 8;
}

std::uint64_t to_word(const RecordHeader& header) {
  return header.length | static_cast<std::uint64_t>(header.kind) << 32 |
         (header.is_attachment ? kAttachmentBit : 0);
}

[[noreturn]] void broken(const std::string& what) {
  throw CommonError(ErrorKind::kProtocol, "a broken ring: " + what);
}

RecordHeader to_header(std::uint64_t word) {
  const std::uint64_t kind = (word & ~kAttachmentBit) >> 32;
  if (kind < static_cast<std::uint64_t>(RecordKind::whole) ||
      kind > static_cast<std::uint64_t>(RecordKind::lease))
    broken("a record of kind " + std::to_string(kind));
  return {static_cast<RecordKind>(kind), (word & kAttachmentBit) != 0,
          static_cast<std::uint32_t>(word)};
}

}  // namespace

void RingWriter::look() {
  const std::uint64_t read = counters_.read.load();
  if (read > written_ || read < seen_read_)
    broken("its reader is at " + std::to_string(read) + " of " + std::to_string(written_));
  seen_read_ = read;
}

std::optional<std::size_t> RingWriter::room(std::size_t wanted) {
  if (free_bytes() < record_bytes(wanted)) look();
  if (free_bytes() < kRecordHeaderBytes) return std::nullopt;
  return (free_bytes() - kRecordHeaderBytes) / 8 * 8;
}

bool RingWriter::is_half_empty() {
  look();
  return free_bytes() >= data_.size() / 2;
}

void RingWriter::write(RecordHeader header, std::span<const std::byte> first,
                       std::span<const std::byte> second) {
  header.length = static_cast<std::uint32_t>(first.size() + second.size());
  GT_INVARIANT(record_bytes(header.length) <= free_bytes(), "a record larger than its room");
  const std::uint64_t word = to_word(header);
  std::memcpy(&data_[written_ % data_.size()], &word, sizeof(word));
  copy_in(written_ + kRecordHeaderBytes, first);
  copy_in(written_ + kRecordHeaderBytes + first.size(), second);
  written_ += record_bytes(header.length);
  counters_.written.store(written_);
}

void RingWriter::copy_in(std::uint64_t position, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const std::size_t begin = position % data_.size();
  const std::size_t until_end = std::min(bytes.size(), data_.size() - begin);
  std::memcpy(&data_[begin], bytes.data(), until_end);
  if (until_end < bytes.size())
    std::memcpy(data_.data(), bytes.data() + until_end, bytes.size() - until_end);
}

std::optional<RecordHeader> RingReader::peek() {
  if (seen_written_ == read_) {
    const std::uint64_t written = counters_.written.load();
    if (written == read_) return std::nullopt;
    if (written < read_ || written - read_ > data_.size() || written % 8 != 0)
      broken("its writer is at " + std::to_string(written) + ", its reader at " +
             std::to_string(read_));
    seen_written_ = written;
  }
  std::uint64_t word = 0;
  std::memcpy(&word, &data_[read_ % data_.size()], sizeof(word));
  const RecordHeader header = to_header(word);
  if (record_bytes(header.length) > seen_written_ - read_)
    broken("a record of " + std::to_string(header.length) + " bytes, " +
           std::to_string(seen_written_ - read_) + " are there");
  return header;
}

void RingReader::append_to(std::vector<std::byte>& bytes, const RecordHeader& header,
                           std::size_t offset) const {
  const std::size_t size = header.length - offset;
  const std::size_t begin = (read_ + kRecordHeaderBytes + offset) % data_.size();
  const std::size_t until_end = std::min(size, data_.size() - begin);
  const auto piece = data_.subspan(begin, until_end);
  bytes.insert(bytes.end(), piece.begin(), piece.end());
  const auto rest = data_.first(size - until_end);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
}

void RingReader::consume(const RecordHeader& header) {
  read_ += record_bytes(header.length);
  counters_.read.store(read_);
}

bool RingReader::is_half_empty() const {
  return counters_.written.load() - read_ <= data_.size() / 2;
}

}  // namespace gt::transport

#include "common/transport/ring_receiver.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "common/error.h"
#include "common/transport/local_block.h"
#include "common/transport/received_segment.h"
#include "common/transport/ring_sender.h"

namespace gt::transport {
namespace {

constexpr std::size_t kMostSegments = 4096;

[[noreturn]] void broken(const std::string& what) {
  throw CommonError(ErrorKind::kProtocol, "a broken ring: " + what);
}

/// The fixed part at the beginning of a record.
template <class T>
T read_front(const RingReader& ring, const RecordHeader& header) {
  if (header.length < sizeof(T)) broken("a record that is too short");
  std::vector<std::byte> bytes;
  ring.append_to(bytes, {header.kind, header.is_attachment, sizeof(T)});
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

}  // namespace

RingReceiver::RingReceiver(std::shared_ptr<LinkMemory> memory, std::function<void()> read_packets)
    : memory_(std::move(memory)),
      read_packets_(std::move(read_packets)),
      rings_{RingReader(memory_->in().lanes[0], memory_->in_data(Lane::control)),
             RingReader(memory_->in().lanes[1], memory_->in_data(Lane::bulk))} {}

bool RingReceiver::has_records() const {
  return std::any_of(rings_.begin(), rings_.end(),
                     [](const RingReader& ring) { return ring.has_record(); });
}

std::optional<Incoming> RingReceiver::receive(Lane lane) {
  RingReader& ring = rings_[index_of(lane)];
  Partial& partial = partial_[index_of(lane)];
  while (const auto header = ring.peek()) {
    const bool is_complete = take(ring, *header, partial);
    ring.consume(*header);
    if (memory_->is_room_wanted(lane) && ring.is_half_empty()) memory_->tell_of_room();
    if (is_complete)
      return Incoming{kServer, lane, std::exchange(partial.bytes, {}),
                      std::exchange(partial.attachment, nullptr)};
  }
  return std::nullopt;
}

bool RingReceiver::take(const RingReader& ring, const RecordHeader& header, Partial& partial) {
  const bool may_begin = !partial.is_open;
  switch (header.kind) {
    case RecordKind::lease:
      if (!may_begin || partial.attachment || header.length != sizeof(LeaseRecord))
        broken("a lease out of place");
      partial.attachment = borrow(read_front<LeaseRecord>(ring, header));
      return false;
    case RecordKind::begin:
      if (!may_begin) broken("a message within another one");
      begin(ring, header, partial);
      return false;
    case RecordKind::whole:
      if (!may_begin) broken("a message within another one");
      partial.total = header.length;
      break;
    case RecordKind::more:
    case RecordKind::end:
      if (may_begin) broken("a piece without a beginning");
      if (header.length == 0) broken("an empty piece");
      break;
  }
  if (header.length > partial.total - partial.bytes.size())
    broken("a message longer than was told");
  ring.append_to(partial.bytes, header);
  if (header.kind == RecordKind::more) return false;
  if (partial.bytes.size() != partial.total) broken("a message shorter than was told");
  partial.is_open = false;
  if (!header.is_attachment) return true;
  if (partial.attachment) broken("two attachments of a message");
  partial.attachment = std::make_shared<LocalBlock>(std::exchange(partial.bytes, {}));
  return false;
}

void RingReceiver::begin(const RingReader& ring, const RecordHeader& header, Partial& partial) {
  const auto total = read_front<std::uint64_t>(ring, header);
  if (total > kMaxRingMessageBytes)
    broken("a message of " + std::to_string(total) + " bytes, at most " +
           std::to_string(kMaxRingMessageBytes) + " are allowed");
  if (header.length - sizeof(total) > total) broken("a message longer than was told");
  partial.is_open = true;
  partial.total = total;
  partial.bytes.reserve(total);
  ring.append_to(partial.bytes, header, sizeof(total));
}

SharedBlockRef RingReceiver::borrow(const LeaseRecord& record) {
  if (record.lease >= kMaxLeases) broken("lease " + std::to_string(record.lease));
  if (!segments_.contains(record.segment)) read_packets_();
  const auto found = segments_.find(record.segment);
  if (found == segments_.end()) broken("segment " + std::to_string(record.segment));
  const auto& segment = found->second;
  if (record.offset > segment->size() || record.size > segment->size() - record.offset)
    broken("an attachment beyond its segment");
  return std::make_shared<ReceivedBlock>(segment, record.offset, record.size, memory_,
                                         record.lease);
}

void RingReceiver::add_segment(const Packet& packet, std::vector<process::Descriptor> descriptors) {
  if (descriptors.size() != 1) broken("a segment without its descriptor");
  if (segments_.size() >= kMostSegments) broken("too many segments");
  auto segment =
      std::make_shared<const ReceivedSegment>(std::move(descriptors.front()), packet.size);
  if (!segments_.emplace(packet.number, std::move(segment)).second)
    broken("segment " + std::to_string(packet.number) + " twice");
}

}  // namespace gt::transport

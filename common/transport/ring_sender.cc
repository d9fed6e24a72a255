#include "common/transport/ring_sender.h"

#include <algorithm>
#include <set>

#include "common/error.h"

namespace gt::transport {
namespace {

/// The reader copies one piece out while the writer copies the next one in.
constexpr std::size_t kMaxPiece = std::size_t{256} << 10;
/// Smaller pieces of a large message wait for more room.
constexpr std::size_t kMinPiece = std::size_t{16} << 10;
constexpr std::size_t kMaxWaiting = std::size_t{1} << 16;
/// With so many segments the peer is asked to forget those of which nothing is lent.
constexpr std::size_t kMostIdleSegments = 2048;
constexpr std::size_t kSizeBytes = sizeof(std::uint64_t);
constexpr std::array kAllLanes{Lane::control, Lane::bulk};

}  // namespace

RingSender::RingSender(LinkMemory& memory, UnixSocket& socket)
    : memory_(memory),
      socket_(socket),
      rings_{RingWriter(memory.out().lanes[0], memory.out_data(Lane::control)),
             RingWriter(memory.out().lanes[1], memory.out_data(Lane::bulk))} {}

bool RingSender::send(Lane lane, std::vector<std::byte> bytes, SharedBlockRef attachment) {
  if (bytes.size() > kMaxRingMessageBytes) return false;
  if (waiting_[index_of(lane)].size() >= kMaxWaiting) return false;
  Item message{std::move(bytes), nullptr, nullptr, 0};
  if (attachment && attachment->location()) {
    message.loan = std::move(attachment);
  } else if (attachment) {
    if (attachment->size() > kMaxRingMessageBytes) return false;
    add(lane, {{}, std::move(attachment), nullptr, 0});
  }
  add(lane, std::move(message));
  if (has_waiting()) push();
  return true;
}

void RingSender::add(Lane lane, Item item) {
  auto& queue = waiting_[index_of(lane)];
  if (queue.empty() && write(lane, item) == Progress::done) return;
  queue.push_back(std::move(item));
}

bool RingSender::has_waiting() const noexcept {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const auto& queue) { return !queue.empty(); });
}

void RingSender::push() {
  if (!has_waiting()) return;
  do {
    push_lanes();
    if (!has_waiting()) return;
    std::uint32_t full_lanes = 0;
    for (const Lane lane : kAllLanes)
      if (!waiting_[index_of(lane)].empty()) full_lanes |= lane_bit(lane);
    memory_.out().full_lanes.store(full_lanes);
  } while (may_go_on());
}

void RingSender::push_lanes() {
  needs_retry_ = false;
  for (const Lane lane : kAllLanes) {
    auto& queue = waiting_[index_of(lane)];
    while (!queue.empty()) {
      const Progress progress = write(lane, queue.front());
      needs_retry_ = needs_retry_ || progress == Progress::no_lease;
      if (progress != Progress::done) break;
      queue.pop_front();
    }
  }
}

/// Whether the reader made room before it could see that somebody waits for it.
bool RingSender::may_go_on() {
  if (needs_retry_) return false;
  return std::any_of(kAllLanes.begin(), kAllLanes.end(), [&](Lane lane) {
    return !waiting_[index_of(lane)].empty() && rings_[index_of(lane)].is_half_empty();
  });
}

RingSender::Progress RingSender::write(Lane lane, Item& item) {
  if (item.loan) {
    if (const Progress progress = lend(lane, item.loan); progress != Progress::done)
      return progress;
    item.loan.reset();
  }
  return write_bytes(lane, item);
}

RingSender::Progress RingSender::write_bytes(Lane lane, Item& item) {
  RingWriter& ring = rings_[index_of(lane)];
  const std::span<const std::byte> content = item.content();
  while (true) {
    const auto left = content.subspan(item.offset);
    const auto room = ring.room(std::min(left.size(), kMaxPiece) + kSizeBytes);
    if (!room) return Progress::no_room;
    const bool is_first = item.offset == 0;
    const bool is_whole = is_first && left.size() <= std::min(*room, kMaxPiece);
    const std::size_t most = std::min(kMaxPiece, *room - std::min(*room, kSizeBytes));
    const std::size_t piece = is_whole ? left.size() : std::min(left.size(), most);
    if (!is_whole && piece < std::min(left.size(), kMinPiece)) return Progress::no_room;
    const bool is_last = piece == left.size();
    const std::uint64_t total = content.size();
    RecordHeader header{RecordKind::more, item.block != nullptr};
    if (is_whole) header.kind = RecordKind::whole;
    if (!is_whole && is_first) header.kind = RecordKind::begin;
    if (!is_first && is_last) header.kind = RecordKind::end;
    const bool has_size = header.kind == RecordKind::begin;
    ring.write(header, has_size ? std::as_bytes(std::span(&total, 1)) : left.first(piece),
               has_size ? left.first(piece) : std::span<const std::byte>());
    memory_.wake_peer();
    item.offset += piece;
    if (is_last) return Progress::done;
  }
}

RingSender::Progress RingSender::lend(Lane lane, const SharedBlockRef& block) {
  RingWriter& ring = rings_[index_of(lane)];
  const auto room = ring.room(sizeof(LeaseRecord));
  if (!room || *room < sizeof(LeaseRecord)) return Progress::no_room;
  if (free_leases_.empty()) collect();
  if (free_leases_.empty() && lent_.size() == kMaxLeases) return Progress::no_lease;
  const SharedLocation location = block->location().value();
  const auto segment = number_of(location);
  if (!segment) return Progress::no_lease;
  if (free_leases_.empty()) {
    free_leases_.push_back(static_cast<std::uint32_t>(lent_.size()));
    lent_.emplace_back();
  }
  const LeaseRecord record{free_leases_.back(), *segment, location.offset, block->size()};
  free_leases_.pop_back();
  lent_[record.lease] = {block, location.segment.get()};
  memory_.out().leases[record.lease].store(1);
  ring.write({RecordKind::lease}, std::as_bytes(std::span(&record, 1)));
  return Progress::done;
}

/// The number under which the peer knows the segment. Nothing if it cannot be told just now.
std::optional<std::uint32_t> RingSender::number_of(const SharedLocation& location) {
  const auto found = segments_.find(location.segment.get());
  if (found != segments_.end() && !found->second.segment.expired()) return found->second.number;
  forget_segments();
  if (segments_.size() >= kMostIdleSegments) forget_idle_segments();
  const int descriptors[] = {location.descriptor};
  if (!socket_.send({PacketType::segment, next_segment_, location.segment_size}, descriptors))
    return std::nullopt;
  segments_.insert_or_assign(location.segment.get(), KnownSegment{location.segment, next_segment_});
  return next_segment_++;
}

void RingSender::forget_segments() {
  for (auto entry = segments_.begin(); entry != segments_.end();) {
    const bool is_gone =
        entry->second.segment.expired() &&
        socket_.send({PacketType::forget, entry->second.number, 0}, std::span<const int>());
    entry = is_gone ? segments_.erase(entry) : std::next(entry);
  }
}

/// The peer maps those again that are lent once more.
void RingSender::forget_idle_segments() {
  collect();
  std::set<const void*> lent;
  for (const Loan& loan : lent_) lent.insert(loan.segment);
  for (auto entry = segments_.begin(); entry != segments_.end();) {
    const bool is_forgotten =
        !lent.contains(entry->first) &&
        socket_.send({PacketType::forget, entry->second.number, 0}, std::span<const int>());
    entry = is_forgotten ? segments_.erase(entry) : std::next(entry);
  }
}

bool RingSender::has_returned() const noexcept {
  return memory_.out().returned.load() != seen_returned_;
}

void RingSender::collect() {
  seen_returned_ = memory_.out().returned.load();
  for (std::uint32_t lease = 0; lease < lent_.size(); ++lease) {
    if (!lent_[lease].block || memory_.out().leases[lease].load() != 0) continue;
    lent_[lease] = {};
    free_leases_.push_back(lease);
  }
}

}  // namespace gt::transport

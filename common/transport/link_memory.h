// What the two processes of a ring link share: counters, ring data, events. docs/wire.md has the
// layout byte for byte.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/process/descriptor.h"
#include "common/transport/event_fd.h"
#include "common/transport/zmq_lane.h"

namespace gt::transport {

inline constexpr std::size_t kControlRingBytes = std::size_t{1} << 20;
inline constexpr std::size_t kBulkRingBytes = std::size_t{4} << 20;
/// Attachments of one direction that the receiver may hold at a time.
inline constexpr std::size_t kMaxLeases = 1024;

/// Bytes that ever went into a ring and that ever came out of it.
struct RingCounters {
  alignas(64) std::atomic<std::uint64_t> written;
  alignas(64) std::atomic<std::uint64_t> read;
};

/// One direction. Written by its reader: `read`, `is_reader_asleep` (set), `returned`, `leases`
/// (cleared). Written by its writer: the rest, and the flags' opposite values.
struct DirectionState {
  std::array<RingCounters, kLanes> lanes;
  /// The reader wants its event raised for the next record.
  alignas(64) std::atomic<std::uint32_t> is_reader_asleep;
  /// A bit for each lane: the writer wants its event raised when that ring is half empty.
  alignas(64) std::atomic<std::uint32_t> full_lanes;
  /// How many leases the reader has ever ended.
  alignas(64) std::atomic<std::uint32_t> returned;
  /// 1 while the reader holds the attachment with this number.
  alignas(64) std::array<std::atomic<std::uint32_t>, kMaxLeases> leases;
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

[[nodiscard]] constexpr std::uint32_t lane_bit(Lane lane) noexcept {
  return std::uint32_t{1} << index_of(lane);
}

enum class Side : std::uint8_t { connector = 0, listener = 1 };

/// Memory and events of a link, as one side sees them. What lies in the memory is the other side's
/// word: nothing there is believed without a check.
class LinkMemory {
 public:
  /// Made by the connector. Throws CommonError(kConnection) if the system gives no memory.
  LinkMemory();
  /// Handed over to the listener, as `descriptors` lists them. Throws CommonError(kProtocol) if one
  /// of them is not what it should be.
  explicit LinkMemory(std::vector<process::Descriptor> descriptors);
  LinkMemory(const LinkMemory&) = delete;
  LinkMemory& operator=(const LinkMemory&) = delete;
  ~LinkMemory();

  /// What the connector hands over, in order. Afterwards it needs the memory's descriptor no more.
  [[nodiscard]] std::vector<int> descriptors() const;
  void close_memory_descriptor() noexcept { memory_.reset(); }

  [[nodiscard]] DirectionState& out() noexcept { return state_of(out_direction()); }
  [[nodiscard]] DirectionState& in() noexcept { return state_of(in_direction()); }
  [[nodiscard]] std::span<std::byte> out_data(Lane lane) noexcept;
  [[nodiscard]] std::span<std::byte> in_data(Lane lane) noexcept;

  /// Raised for this side: something came in, or an attachment came back.
  [[nodiscard]] EventFd& filled() noexcept { return events_[in_direction()]; }
  /// Raised for this side: there is room to write again.
  [[nodiscard]] EventFd& emptied() noexcept { return events_[2 + out_direction()]; }

  /// Raises the peer's `filled` if it sleeps. From any thread.
  void wake_peer() noexcept;
  /// Whether the peer waits for room in the lane, and what tells it that there is some.
  [[nodiscard]] bool is_room_wanted(Lane lane) noexcept {
    return (in().full_lanes.load() & lane_bit(lane)) != 0;
  }
  void tell_of_room() noexcept;
  /// Ends the lease of an attachment that came in. From any thread.
  void give_back(std::uint32_t lease) noexcept;

 private:
  [[nodiscard]] std::size_t out_direction() const noexcept {
    return static_cast<std::size_t>(side_);
  }
  [[nodiscard]] std::size_t in_direction() const noexcept { return 1 - out_direction(); }
  [[nodiscard]] DirectionState& state_of(std::size_t direction) noexcept;
  [[nodiscard]] std::span<std::byte> data_of(std::size_t direction, Lane lane) noexcept;
  void map();

  Side side_;
  process::Descriptor memory_;
  std::byte* base_ = nullptr;
  /// The two `filled`, then the two `emptied`, each by direction.
  std::vector<EventFd> events_;
};

}  // namespace gt::transport

// The outgoing half of a ring link: messages, and blocks that are lent to the peer.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "common/transport/byte_ring.h"
#include "common/transport/link_memory.h"
#include "common/transport/transport.h"
#include "common/transport/unix_socket.h"

namespace gt::transport {

/// What a record of kind `lease` holds: the attachment of the lane's next message.
struct LeaseRecord {
  std::uint32_t lease = 0;    ///< its place in DirectionState::leases
  std::uint32_t segment = 0;  ///< a number that a packet has told
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Messages longer than this go on, in pieces.
inline constexpr std::size_t kMaxRingMessageBytes = std::size_t{16} << 20;

/// Writes into the rings; what does not fit waits in memory of this process. Borrows memory and
/// socket of its link.
class RingSender {
 public:
  RingSender(LinkMemory& memory, UnixSocket& socket);

  /// False if too much waits already, or for a message of more than kMaxRingMessageBytes.
  [[nodiscard]] bool send(Lane lane, std::vector<std::byte> bytes, SharedBlockRef attachment);

  /// Writes as much as there is room for. If some is left, the peer will raise `emptied`.
  void push();
  [[nodiscard]] bool has_waiting() const noexcept;
  /// Whether something waits that `emptied` does not tell of; `push` should be tried again soon.
  [[nodiscard]] bool needs_retry() const noexcept { return needs_retry_; }

  /// Whether blocks came back that `collect` has not seen.
  [[nodiscard]] bool has_returned() const noexcept;
  /// Lets go of the blocks that came back.
  void collect();
  /// Tells the peer of segments that are no more.
  void forget_segments();

 private:
  /// A message or its inline attachment on its way; bytes of one or the other.
  struct Item {
    std::vector<std::byte> bytes;
    SharedBlockRef block;  ///< without location: its bytes are sent
    SharedBlockRef loan;   ///< to be lent before the bytes are sent
    std::size_t offset = 0;

    [[nodiscard]] std::span<const std::byte> content() const {
      return block ? block->bytes() : std::span<const std::byte>(bytes);
    }
  };
  enum class Progress { done, no_room, no_lease };
  struct Loan {
    SharedBlockRef block;
    const void* segment = nullptr;
  };
  struct KnownSegment {
    std::weak_ptr<const void> segment;
    std::uint32_t number = 0;
  };

  [[nodiscard]] Progress write(Lane lane, Item& item);
  [[nodiscard]] Progress write_bytes(Lane lane, Item& item);
  [[nodiscard]] Progress lend(Lane lane, const SharedBlockRef& block);
  [[nodiscard]] std::optional<std::uint32_t> number_of(const SharedLocation& location);
  void forget_idle_segments();
  void push_lanes();
  [[nodiscard]] bool may_go_on();
  void add(Lane lane, Item item);

  LinkMemory& memory_;
  UnixSocket& socket_;
  std::array<RingWriter, kLanes> rings_;
  std::array<std::deque<Item>, kLanes> waiting_;
  bool needs_retry_ = false;

  std::vector<Loan> lent_;  ///< by lease; null if it is free
  std::vector<std::uint32_t> free_leases_;
  std::uint32_t seen_returned_ = 0;
  std::map<const void*, KnownSegment> segments_;
  std::uint32_t next_segment_ = 1;
};

}  // namespace gt::transport

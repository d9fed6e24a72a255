// The incoming half of a ring link: messages, and blocks that the peer lends.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/transport/byte_ring.h"
#include "common/transport/link_memory.h"
#include "common/transport/transport.h"
#include "common/transport/unix_socket.h"

namespace gt::transport {

class ReceivedSegment;
struct LeaseRecord;

/// Reads the rings. Throws CommonError(kProtocol) for whatever breaks the format.
class RingReceiver {
 public:
  /// `read_packets` looks for segments that were told of but not read yet.
  RingReceiver(std::shared_ptr<LinkMemory> memory, std::function<void()> read_packets);

  /// The next message of the lane if it has come in full.
  [[nodiscard]] std::optional<Incoming> receive(Lane lane);
  [[nodiscard]] bool has_records() const;

  void add_segment(const Packet& packet, std::vector<process::Descriptor> descriptors);
  void forget_segment(std::uint32_t number) { segments_.erase(number); }

 private:
  /// What has come of a message so far.
  struct Partial {
    std::vector<std::byte> bytes;
    std::size_t total = 0;
    bool is_open = false;
    SharedBlockRef attachment;
  };

  /// Takes one record; true if it completes a message.
  [[nodiscard]] bool take(const RingReader& ring, const RecordHeader& header, Partial& partial);
  void begin(const RingReader& ring, const RecordHeader& header, Partial& partial);
  [[nodiscard]] SharedBlockRef borrow(const LeaseRecord& record);

  std::shared_ptr<LinkMemory> memory_;
  std::function<void()> read_packets_;
  std::array<RingReader, kLanes> rings_;
  std::array<Partial, kLanes> partial_;
  std::unordered_map<std::uint32_t, std::shared_ptr<const ReceivedSegment>> segments_;
};

}  // namespace gt::transport

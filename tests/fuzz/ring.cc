// A process that writes what it likes into the memory of a ring link, and sends what it likes over
// its socket: the other end takes messages, sends some, or ends the link.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "common/transport/ring_link.h"
#include "tests/fuzz/source.h"

namespace {

using namespace gt::transport;
using gt::process::Descriptor;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// Memory and events of the attacker; the same for all inputs, each of which begins with zeros.
struct Attacker {
  LinkMemory memory;
  std::vector<int> descriptors = memory.descriptors();
  Descriptor segment{::memfd_create("segment", MFD_CLOEXEC | MFD_ALLOW_SEALING)};

  Attacker() {
    require(::fallocate(segment.get(), 0, 0, 4096) == 0 &&
            ::fcntl(segment.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
  }
  void reset() {
    for (DirectionState* state : {&memory.out(), &memory.in()}) {
      for (RingCounters& counters : state->lanes) counters.written = counters.read = 0;
      state->is_reader_asleep = state->full_lanes = state->returned = 0;
      for (auto& lease : state->leases) lease = 0;
    }
  }
  ReceivedPacket hello() const {
    ReceivedPacket packet;
    packet.packet = {PacketType::hello, 1, 0};
    for (const int number : descriptors)
      packet.descriptors.emplace_back(::fcntl(number, F_DUPFD_CLOEXEC, 0));
    return packet;
  }
};

/// Writes records behind one another, or anything anywhere.
class Writer {
 public:
  Writer(LinkMemory& memory, Lane lane)
      : counters_(memory.out().lanes[static_cast<std::size_t>(lane)]),
        data_(memory.out_data(lane)) {}

  void record(FuzzedDataProvider& input) {
    std::vector<std::byte> content = gt::fuzz::bytes(input, 40);
    const bool has_size = input.ConsumeBool();
    if (has_size) {
      const std::uint64_t size = gt::fuzz::word(input);
      content.resize(content.size() + 8);
      std::memcpy(content.data(), &size, 8);
    }
    std::uint64_t header = content.size() | input.ConsumeIntegralInRange<std::uint64_t>(1, 5) << 32;
    if (input.ConsumeIntegralInRange(0, 3) == 0) header |= std::uint64_t{1} << 40;
    if (input.ConsumeIntegralInRange(0, 7) == 0) header ^= gt::fuzz::word(input);
    put(header, content);
  }
  void lease(FuzzedDataProvider& input) {
    struct {
      std::uint32_t lease, segment;
      std::uint64_t offset, size;
    } record{static_cast<std::uint32_t>(gt::fuzz::word(input)),
             input.ConsumeIntegralInRange<std::uint32_t>(0, 2), gt::fuzz::word(input),
             gt::fuzz::word(input)};
    const auto content = std::as_bytes(std::span(&record, 1));
    put(24 | std::uint64_t{5} << 32, {content.begin(), content.end()});
  }
  void jump(FuzzedDataProvider& input) { counters_.written = gt::fuzz::word(input); }
  /// Near the end of the ring, where records are cut in two.
  void go_to_end() {
    constexpr std::uint64_t kLength = 128;
    const std::uint64_t size = data_.size() - kLength - position_ % data_.size();
    if (size < 16 || size > data_.size()) return;
    put_header((size - 8) | std::uint64_t{1} << 32);
    position_ += size;
    counters_.written = position_;
  }

 private:
  void put_header(std::uint64_t header) {
    std::memcpy(&data_[position_ % data_.size()], &header, sizeof(header));
  }
  void put(std::uint64_t header, const std::vector<std::byte>& content) {
    put_header(header);
    for (std::size_t k = 0; k < content.size(); ++k)
      data_[(position_ + 8 + k) % data_.size()] = content[k];
    position_ += 8 + (content.size() + 7) / 8 * 8;
    counters_.written = position_;
  }

  RingCounters& counters_;
  std::span<std::byte> data_;
  std::uint64_t position_ = 0;
};

void send_packet(FuzzedDataProvider& input, UnixSocket& socket, const Attacker& attacker) {
  const Packet packet{static_cast<PacketType>(input.ConsumeIntegralInRange(0, 4)),
                      input.ConsumeIntegralInRange<std::uint32_t>(0, 2),
                      input.ConsumeBool() ? 4096 : gt::fuzz::word(input)};
  const int candidates[] = {attacker.segment.get(), attacker.descriptors.back(),
                            socket.descriptor()};
  const auto count = input.ConsumeIntegralInRange<std::size_t>(0, 2);
  const auto first = input.ConsumeIntegralInRange<std::size_t>(0, 3 - count);
  static_cast<void>(socket.send(packet, std::span(candidates).subspan(first, count)));
}

void attack(FuzzedDataProvider& input, Attacker& attacker, UnixSocket& socket,
            std::array<Writer, 2>& writers) {
  Writer& writer = writers[input.ConsumeBool() ? 1 : 0];
  const std::size_t lane = input.ConsumeBool() ? 1 : 0;
  switch (input.ConsumeIntegralInRange(0, 8)) {
    case 0:
      return writer.lease(input);
    case 1:
      return writer.jump(input);
    case 2:
      return writer.go_to_end();
    case 3:
      return send_packet(input, socket, attacker);
    case 4:
      attacker.memory.in().lanes[lane].read = gt::fuzz::word(input);
      return;
    case 5:
      attacker.memory.in().returned = static_cast<std::uint32_t>(gt::fuzz::word(input));
      return;
    default:
      return writer.record(input);
  }
}

void use(FuzzedDataProvider& input, RingLink& link, std::vector<SharedBlockRef>& held) {
  const Lane lane = input.ConsumeBool() ? Lane::bulk : Lane::control;
  if (input.ConsumeIntegralInRange(0, 3) == 0) {
    static_cast<void>(link.send(
        lane, std::vector<std::byte>(input.ConsumeIntegralInRange<std::size_t>(0, 200'000)),
        nullptr));
    return link.push();
  }
  link.read_packets();
  while (auto incoming = link.receive(lane)) {
    require(incoming->bytes.size() <= kMaxRingMessageBytes);
    if (!incoming->attachment) continue;
    std::size_t sum = 0;
    for (const std::byte byte : incoming->attachment->bytes().first(
             std::min<std::size_t>(incoming->attachment->bytes().size(), 64)))
      sum += static_cast<std::size_t>(byte);
    require(sum <= 64 * 255);
    if (input.ConsumeBool()) held.push_back(std::move(incoming->attachment));
  }
  static_cast<void>(link.ask_for_input());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Attacker attacker;
  attacker.reset();
  FuzzedDataProvider input(data, size);
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  UnixSocket theirs{Descriptor(ends[0])};
  std::array<Writer, 2> writers{Writer(attacker.memory, Lane::control),
                                Writer(attacker.memory, Lane::bulk)};
  std::vector<SharedBlockRef> held;
  try {
    const auto link = RingLink::accept(UnixSocket(Descriptor(ends[1])), attacker.hello());
    while (input.remaining_bytes() > 0) {
      attack(input, attacker, theirs, writers);
      if (input.ConsumeBool()) use(input, *link, held);
    }
  } catch (const gt::CommonError& error) {
    if (error.kind() != gt::ErrorKind::kProtocol) __builtin_trap();
  }
  return 0;
}

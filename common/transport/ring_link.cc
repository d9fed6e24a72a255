#include "common/transport/ring_link.h"

#include "common/error.h"
#include "common/transport/address.h"

namespace gt::transport {
namespace {

/// Other versions listen elsewhere, so that two versions fall back to ZeroMQ.
constexpr const char* kRingSuffix = ".ring1";
constexpr std::uint32_t kRingVersion = 1;

}  // namespace

std::string ring_path(const std::string& address) {
  return address.substr(kIpcPrefix.size()) + kRingSuffix;
}

RingLink::RingLink(UnixSocket socket, std::shared_ptr<LinkMemory> memory)
    : socket_(std::move(socket)),
      memory_(std::move(memory)),
      sender_(*memory_, socket_),
      receiver_(memory_, [this] { read_packets(); }) {}

std::unique_ptr<RingLink> RingLink::connect(UnixSocket socket) {
  auto memory = std::make_shared<LinkMemory>();
  if (!socket.send({PacketType::hello, kRingVersion, 0}, memory->descriptors())) return nullptr;
  memory->close_memory_descriptor();
  return std::unique_ptr<RingLink>(new RingLink(std::move(socket), std::move(memory)));
}

std::unique_ptr<RingLink> RingLink::accept(UnixSocket socket, ReceivedPacket hello) {
  if (hello.packet.type != PacketType::hello || hello.packet.number != kRingVersion)
    throw CommonError(ErrorKind::kProtocol,
                      "a connection without a hello of version " + std::to_string(kRingVersion));
  auto memory = std::make_shared<LinkMemory>(std::move(hello.descriptors));
  return std::unique_ptr<RingLink>(new RingLink(std::move(socket), std::move(memory)));
}

bool RingLink::send(Lane lane, std::vector<std::byte> bytes, SharedBlockRef attachment) {
  return !is_ended() && sender_.send(lane, std::move(bytes), std::move(attachment));
}

void RingLink::push() {
  if (sender_.has_returned()) sender_.collect();
  if (!sender_.has_waiting()) return;
  emptied().clear();
  sender_.push();
}

bool RingLink::ask_for_input() {
  auto& flag = memory_->in().is_reader_asleep;
  if (flag.load() == 0) flag.store(1);
  return has_input();
}

void RingLink::read_packets() {
  while (auto packet = socket_.receive()) handle(std::move(*packet));
}

void RingLink::handle(ReceivedPacket packet) {
  switch (packet.packet.type) {
    case PacketType::segment:
      receiver_.add_segment(packet.packet, std::move(packet.descriptors));
      return;
    case PacketType::forget:
      receiver_.forget_segment(packet.packet.number);
      return;
    case PacketType::hello:
      break;
  }
  throw CommonError(ErrorKind::kProtocol,
                    "a packet of type " +
                        std::to_string(static_cast<std::uint32_t>(packet.packet.type)) +
                        " on a connection that is handed over");
}

}  // namespace gt::transport

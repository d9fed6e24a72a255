#include "common/transport/zmq_socket.h"

#include <cstring>
#include <memory>

namespace gt::transport {
namespace {

constexpr int kHighWaterMark = 1 << 16;
constexpr int kLingerMs = 250;
constexpr int kReconnectMs = 10;
constexpr int kReconnectMaxMs = 200;
constexpr std::int64_t kMaxMessageBytes = std::int64_t{16} << 20;
constexpr std::size_t kCopyBelow = 4096;

void free_bytes(void*, void* hint) { delete static_cast<std::vector<std::byte>*>(hint); }

}  // namespace

zmq::socket_t make_socket(zmq::context_t& context, zmq::socket_type type,
                          const std::string& address) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::linger, kLingerMs);
  socket.set(zmq::sockopt::sndhwm, kHighWaterMark);
  socket.set(zmq::sockopt::rcvhwm, kHighWaterMark);
  socket.set(zmq::sockopt::maxmsgsize, kMaxMessageBytes);
  socket.set(zmq::sockopt::reconnect_ivl, kReconnectMs);
  socket.set(zmq::sockopt::reconnect_ivl_max, kReconnectMaxMs);
  socket.set(zmq::sockopt::ipv6, address.find('[') != std::string::npos);
  return socket;
}

zmq::message_t to_message(std::vector<std::byte> bytes) {
  if (bytes.size() < kCopyBelow) return zmq::message_t(bytes.data(), bytes.size());
  auto owner = std::make_unique<std::vector<std::byte>>(std::move(bytes));
  zmq::message_t message(owner->data(), owner->size(), free_bytes, owner.get());
  // The message frees the vector from here on.
  static_cast<void>(owner.release());
  return message;
}

std::vector<std::byte> to_bytes(const zmq::message_t& message) {
  const auto* begin = static_cast<const std::byte*>(message.data());
  return {begin, begin + message.size()};
}

zmq::message_t to_message(const Seal& seal) { return {&seal, sizeof(seal)}; }

std::optional<Seal> to_seal(const zmq::message_t& message) {
  if (message.size() != kSealBytes) return std::nullopt;
  Seal seal;
  std::memcpy(&seal, message.data(), kSealBytes);
  return seal;
}

std::span<const std::byte> view_of(const zmq::message_t& message) {
  return {static_cast<const std::byte*>(message.data()), message.size()};
}

void skip_rest(zmq::socket_t& socket, bool has_more) {
  while (has_more) {
    zmq::message_t part;
    has_more = socket.recv(part, zmq::recv_flags::dontwait) && part.more();
  }
}

bool try_send(zmq::socket_t& socket, zmq::message_t& message, zmq::send_flags flags) {
  try {
    return socket.send(message, flags | zmq::send_flags::dontwait).has_value();
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return false;
    throw;
  }
}

}  // namespace gt::transport

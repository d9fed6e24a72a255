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

template <class Owner>
void free_owner(void*, void* hint) {
  delete static_cast<Owner*>(hint);
}

/// The first part of a message; without the last word if there is no attachment.
struct SealWords {
  Seal seal;
  std::uint64_t attachment = 0;
};
static_assert(sizeof(SealWords) == kSealBytes + sizeof(std::uint64_t));

std::span<const std::byte> view_of(const zmq::message_t& message) {
  return {static_cast<const std::byte*>(message.data()), message.size()};
}

/// An attachment in the memory in which it came, with its hash for whoever passes it on.
class ZmqBlock final : public SharedBlock {
 public:
  ZmqBlock(zmq::message_t message, std::uint64_t hash) noexcept
      : message_(std::move(message)), hash_(hash) {}
  std::span<const std::byte> bytes() const noexcept override { return view_of(message_); }
  std::optional<SharedLocation> location() const override { return std::nullopt; }
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

 private:
  zmq::message_t message_;
  std::uint64_t hash_;
};

std::uint64_t hash_of_block(const SharedBlock& block) {
  if (const auto* known = dynamic_cast<const ZmqBlock*>(&block)) return known->hash();
  return hash_of(block.bytes());
}

/// Memory that lives as long as `owner`, which the message holds.
template <class Owner>
zmq::message_t to_message(std::span<const std::byte> bytes, Owner owner) {
  auto hint = std::make_unique<Owner>(std::move(owner));
  zmq::message_t message(const_cast<std::byte*>(bytes.data()), bytes.size(), free_owner<Owner>,
                         hint.get());
  // The message frees it from here on.
  static_cast<void>(hint.release());
  return message;
}

/// Takes over the bytes of a large vector, and copies those of a small one.
zmq::message_t to_message(std::vector<std::byte> bytes) {
  if (bytes.size() < kCopyBelow) return zmq::message_t(bytes.data(), bytes.size());
  const std::span<const std::byte> content(bytes);
  return to_message(content, std::move(bytes));
}

zmq::message_t to_message(SharedBlockRef block) {
  const std::span<const std::byte> content = block->bytes();
  return to_message(content, std::move(block));
}

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

SealedMessage seal_message(Seals& seals, Lane lane, std::vector<std::byte> bytes,
                           SharedBlockRef attachment) {
  SealWords words{seals.next(lane, bytes), 0};
  SealedMessage message;
  message.bytes = to_message(std::move(bytes));
  if (attachment) {
    words.attachment = hash_of_block(*attachment);
    message.attachment = to_message(std::move(attachment));
  }
  message.seal.rebuild(&words, message.attachment ? sizeof(words) : kSealBytes);
  return message;
}

bool try_send(zmq::socket_t& socket, zmq::message_t& message, zmq::send_flags flags) {
  try {
    return socket.send(message, flags | zmq::send_flags::dontwait).has_value();
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return false;
    throw;
  }
}

bool try_send(zmq::socket_t& socket, SealedMessage& message) {
  const auto more = zmq::send_flags::sndmore;
  const auto last = zmq::send_flags::none;
  return try_send(socket, message.seal, more) &&
         try_send(socket, message.bytes, message.attachment ? more : last) &&
         (!message.attachment || try_send(socket, *message.attachment, last));
}

std::optional<SealedMessage> receive_rest(zmq::socket_t& socket, zmq::message_t& head) {
  SealedMessage message;
  const auto next = [&socket](const zmq::message_t& before, zmq::message_t& part) {
    return before.more() && socket.recv(part, zmq::recv_flags::dontwait).has_value();
  };
  message.seal.swap(head);
  if (!next(message.seal, message.bytes)) return std::nullopt;
  zmq::message_t attachment;
  if (!next(message.bytes, attachment)) return message;
  bool has_more = attachment.more();
  message.attachment = std::move(attachment);
  if (!has_more) return message;
  while (has_more) {
    zmq::message_t part;
    has_more = socket.recv(part, zmq::recv_flags::dontwait) && part.more();
  }
  return std::nullopt;
}

std::string check(Seals& seals, Lane lane, const SealedMessage& message) {
  SealWords words;
  const std::size_t expected = message.attachment ? sizeof(words) : kSealBytes;
  if (message.seal.size() != expected) return "a message without a seal came";
  std::memcpy(&words, message.seal.data(), expected);
  // The attachment first: a message that is not sound does not count.
  if (message.attachment && hash_of(view_of(*message.attachment)) != words.attachment)
    return "the attachment of message " + std::to_string(words.seal.number) +
           " was changed on the way";
  return seals.check(lane, words.seal, view_of(message.bytes));
}

Incoming to_incoming(PeerId peer, Lane lane, SealedMessage message) {
  const std::span<const std::byte> bytes = view_of(message.bytes);
  Incoming incoming{peer, lane, {bytes.begin(), bytes.end()}, nullptr};
  if (!message.attachment) return incoming;
  SealWords words;
  std::memcpy(&words, message.seal.data(), sizeof(words));
  incoming.attachment =
      std::make_shared<ZmqBlock>(std::move(*message.attachment), words.attachment);
  return incoming;
}

}  // namespace gt::transport

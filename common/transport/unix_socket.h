// The socket beside an ipc address, over which a ring link is handed over and its end is noticed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/process/descriptor.h"

namespace gt::transport {

/// What a packet says. Values are wire constants.
enum class PacketType : std::uint32_t {
  hello = 1,    ///< number: ring version; descriptors of LinkMemory
  segment = 2,  ///< a segment's number and size; its descriptor
  forget = 3,   ///< a segment's number
};

/// A packet as it travels: 16 bytes, descriptors beside them.
struct Packet {
  PacketType type = PacketType::hello;
  std::uint32_t number = 0;
  std::uint64_t size = 0;
};

struct ReceivedPacket {
  Packet packet;
  std::vector<process::Descriptor> descriptors;
};

/// One connection. Nothing here blocks.
class UnixSocket {
 public:
  explicit UnixSocket(process::Descriptor socket) noexcept : socket_(std::move(socket)) {}

  /// Connects to whoever listens at the path; nothing if nobody does.
  [[nodiscard]] static std::optional<UnixSocket> connect(const std::string& path);

  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
  /// Whether the process at the other end belongs to the same user.
  [[nodiscard]] bool is_same_user() const noexcept;

  /// False if it cannot be sent now, or never again.
  [[nodiscard]] bool send(const Packet& packet, std::span<const int> descriptors) noexcept;

  /// The next packet. Nothing if none is there, or after the end. Throws CommonError(kProtocol) for
  /// anything that is no packet.
  [[nodiscard]] std::optional<ReceivedPacket> receive();
  /// Whether the other end has closed and all packets are read.
  [[nodiscard]] bool is_ended() const noexcept { return is_ended_; }

 private:
  process::Descriptor socket_;
  bool is_ended_ = false;
};

/// Accepts connections at a path, which it removes at its end.
class UnixListener {
 public:
  /// Replaces a socket that nobody listens at any more. Throws CommonError(kConnection) naming the
  /// address, beside which the path lies, and the reason.
  UnixListener(std::string path, const std::string& address);
  UnixListener(UnixListener&& other) noexcept = default;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }

  /// The next connection from a process of the same user; others are closed.
  [[nodiscard]] std::optional<UnixSocket> accept();

 private:
  std::string path_;
  process::Descriptor socket_;
  /// Given up for a moment when descriptors run out, so that a caller is turned away, not ignored.
  process::Descriptor spare_;
};

/// Whether somebody accepts connections at the path. ZeroMQ's sockets are of type SOCK_STREAM,
/// those of UnixListener SOCK_SEQPACKET.
[[nodiscard]] bool is_listened_at(const std::string& path, int socket_type);
/// Whether the path fits into the address of a socket.
[[nodiscard]] bool is_possible_socket_path(const std::string& path) noexcept;

}  // namespace gt::transport

#include "common/transport/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/error.h"
#include "common/transport/bind_address.h"

namespace gt::transport {
namespace {

constexpr std::size_t kMostDescriptors = 8;
constexpr int kBacklog = 4096;

static_assert(sizeof(Packet) == 16);

sockaddr_un name_of(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  return name;
}

process::Descriptor open_socket(int type) {
  return process::Descriptor(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

bool connect_to(const process::Descriptor& socket, const std::string& path) {
  const sockaddr_un name = name_of(path);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0;
}

process::Descriptor open_spare() {
  return process::Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// The descriptors that came with a message.
std::vector<process::Descriptor> descriptors_of(msghdr& message) {
  std::vector<process::Descriptor> descriptors;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t k = 0; k < count; ++k) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + k * sizeof(int), sizeof(int));
      descriptors.emplace_back(number);
    }
  }
  return descriptors;
}

}  // namespace

bool is_possible_socket_path(const std::string& path) noexcept {
  return path.size() < sizeof(sockaddr_un::sun_path);
}

bool is_listened_at(const std::string& path, int socket_type) {
  const process::Descriptor probe = open_socket(socket_type);
  if (!probe.is_open()) return false;
  return connect_to(probe, path) || errno == EAGAIN || errno == EPROTOTYPE;
}

std::optional<UnixSocket> UnixSocket::connect(const std::string& path) {
  process::Descriptor socket = open_socket(SOCK_SEQPACKET);
  if (!socket.is_open() || !connect_to(socket, path)) return std::nullopt;
  return UnixSocket(std::move(socket));
}

bool UnixSocket::is_same_user() const noexcept {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(descriptor(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

bool UnixSocket::send(const Packet& packet, std::span<const int> descriptors) noexcept {
  iovec part{const_cast<Packet*>(&packet), sizeof(packet)};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(descriptor(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(sizeof(packet));
}

std::optional<ReceivedPacket> UnixSocket::receive() {
  ReceivedPacket received;
  iovec part{&received.packet, sizeof(received.packet)};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(descriptor(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (size >= 0) received.descriptors = descriptors_of(message);
  if (size <= 0) {
    is_ended_ = true;
    return std::nullopt;
  }
  if (size != static_cast<ssize_t>(sizeof(Packet)) ||
      (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    throw CommonError(ErrorKind::kProtocol,
                      "a packet of a wrong size, or more descriptors than can be taken");
  return received;
}

UnixListener::UnixListener(std::string path, const std::string& address)
    : path_(std::move(path)), socket_(open_socket(SOCK_SEQPACKET)), spare_(open_spare()) {
  prepare_socket_path(path_, SOCK_SEQPACKET, address);
  const sockaddr_un name = name_of(path_);
  if (!socket_.is_open() ||
      ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0 ||
      ::listen(socket_.get(), kBacklog) != 0) {
    const std::string reason = std::strerror(errno);
    socket_.reset();
    throw CommonError(ErrorKind::kConnection, "cannot listen at '" + address + "': " + reason);
  }
}

UnixListener::~UnixListener() {
  if (socket_.is_open()) ::unlink(path_.c_str());
}

std::optional<UnixSocket> UnixListener::accept() {
  while (true) {
    process::Descriptor accepted(
        ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!accepted.is_open() && (errno == EMFILE || errno == ENFILE) && spare_.is_open()) {
      spare_.reset();
      accepted = process::Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const bool was_there = accepted.is_open();
      accepted.reset();
      spare_ = open_spare();
      if (was_there) continue;
    }
    if (!accepted.is_open()) return std::nullopt;
    UnixSocket socket(std::move(accepted));
    if (socket.is_same_user()) return socket;
  }
}

}  // namespace gt::transport

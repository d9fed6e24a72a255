#include "common/transport/bind_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/error.h"
#include "common/transport/address.h"

namespace gt::transport {
namespace {

[[noreturn]] void refuse(const std::string& address, const std::string& reason) {
  throw CommonError(ErrorKind::kConnection, "cannot listen at '" + address + "': " + reason);
}

/// Whether somebody accepts connections at the path.
bool is_alive(const sockaddr_un& name) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool connected =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0;
  ::close(probe);
  return connected;
}

std::string prepare_ipc(const std::string& address) {
  const std::string path = address.substr(kIpcPrefix.size());
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof(name.sun_path))
    refuse(address, "the path has " + std::to_string(path.size()) + " bytes, at most " +
                        std::to_string(sizeof(name.sun_path) - 1) + " are possible");
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) refuse(address, std::strerror(errno));
    return address;
  }
  if (!S_ISSOCK(status.st_mode)) refuse(address, "a file that is no socket lies there");
  if (is_alive(name)) refuse(address, "another process listens there");
  if (::unlink(path.c_str()) != 0)
    refuse(address, std::string("a stale socket cannot be removed: ") + std::strerror(errno));
  return address;
}

/// ZeroMQ binds to numbers and interfaces only; names are resolved here.
std::string resolve_host(const std::string& address, const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) refuse(address, "host '" + host + "': " + ::gai_strerror(error));
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(found->ai_addr)->sin_addr, text,
              sizeof(text));
  ::freeaddrinfo(found);
  return text;
}

std::string prepare_tcp(const std::string& address) {
  const std::string rest = address.substr(kTcpPrefix.size());
  const std::size_t colon = rest.rfind(':');
  const std::string host = rest.substr(0, colon);
  const std::string port = rest.substr(colon + 1);
  const std::string bindable =
      host == "*" || host.front() == '[' ? host : resolve_host(address, host);
  return std::string(kTcpPrefix) + bindable + ":" + (port == "0" ? "*" : port);
}

}  // namespace

std::string prepare_bind(const std::string& address) {
  return scheme_of(address) == Scheme::ipc ? prepare_ipc(address) : prepare_tcp(address);
}

}  // namespace gt::transport

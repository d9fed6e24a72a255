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
#include "common/transport/unix_socket.h"

namespace gt::transport {
namespace {

[[noreturn]] void refuse(const std::string& address, const std::string& reason) {
  throw CommonError(ErrorKind::kConnection, "cannot listen at '" + address + "': " + reason);
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

void prepare_socket_path(const std::string& path, int socket_type, const std::string& address) {
  if (!is_possible_socket_path(path))
    refuse(address, "the path has " + std::to_string(path.size()) + " bytes, at most " +
                        std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " are possible");
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) refuse(address, std::strerror(errno));
    return;
  }
  if (!S_ISSOCK(status.st_mode)) refuse(address, "a file that is no socket lies there");
  if (is_listened_at(path, socket_type)) refuse(address, "another process listens there");
  if (::unlink(path.c_str()) != 0)
    refuse(address, std::string("a stale socket cannot be removed: ") + std::strerror(errno));
}

std::string prepare_bind(const std::string& address) {
  if (scheme_of(address) != Scheme::ipc) return prepare_tcp(address);
  prepare_socket_path(address.substr(kIpcPrefix.size()), SOCK_STREAM, address);
  return address;
}

}  // namespace gt::transport

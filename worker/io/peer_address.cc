#include "worker/io/peer_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "common/config/network_policy.h"
#include "common/error.h"
#include "common/transport/beside.h"

namespace gt::worker {
namespace {

/// The numeric address of the interface through which packets to the host leave.
std::string interface_towards(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
    throw CommonError(ErrorKind::kConnection,
                      fmt::format("tcp://{}:{}: {}", host, port, gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, freeaddrinfo);
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    const int probe = socket(entry->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) continue;
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    char name[NI_MAXHOST];
    const bool known = connect(probe, entry->ai_addr, entry->ai_addrlen) == 0 &&
                       getsockname(probe, reinterpret_cast<sockaddr*>(&local), &size) == 0 &&
                       getnameinfo(reinterpret_cast<sockaddr*>(&local), size, name, sizeof name,
                                   nullptr, 0, NI_NUMERICHOST) == 0;
    close(probe);
    if (known) return entry->ai_family == AF_INET6 ? fmt::format("[{}]", name) : name;
  }
  throw CommonError(ErrorKind::kConnection, fmt::format("no route to tcp://{}:{}", host, port));
}

}  // namespace

std::string peer_address_beside(const std::string& dispatcher_address) {
  if (dispatcher_address.starts_with("tcp://")) {
    const config::TcpAddress tcp = config::split_tcp_address(dispatcher_address);
    return fmt::format("tcp://{}:*", interface_towards(tcp.host, tcp.port));
  }
  return transport::address_beside(dispatcher_address);
}

}  // namespace gt::worker

#include "common/config/network_policy.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <memory>

#include "common/error.h"

namespace gt::config {
namespace {

constexpr std::string_view kTcp = "tcp://";

bool is_loopback(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(ipv4.sin_addr.s_addr) >> 24) == 127;
  }
  if (address.sa_family != AF_INET6) return false;
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&ipv6)) return ipv6.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&ipv6);
}

bool resolves_to_loopback(const std::string& host) {
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, freeaddrinfo);
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next)
    if (!is_loopback(*entry->ai_addr)) return false;
  return true;
}

}  // namespace

TcpAddress split_tcp_address(std::string_view address) {
  const std::string_view rest =
      address.starts_with(kTcp) ? address.substr(kTcp.size()) : std::string_view{};
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == rest.size())
    throw CommonError(ErrorKind::kInvalidArgument,
                      fmt::format("'{}' is not of the form tcp://host:port", address));
  std::string_view host = rest.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return {std::string(host), std::string(rest.substr(colon + 1))};
}

bool is_local_address(std::string_view address) {
  if (!address.starts_with(kTcp)) return true;
  const TcpAddress tcp = split_tcp_address(address);
  return tcp.host != "*" && resolves_to_loopback(tcp.host);
}

void require_local_address(std::string_view address) {
  if (is_local_address(address)) return;
  throw CommonError(
      ErrorKind::kInvalidArgument,
      fmt::format("{} can be reached from other machines, and connections are neither "
                  "authenticated nor encrypted; use tcp://127.0.0.1:PORT or ipc://PATH, or give "
                  "--insecure if everybody on that network may run code on the cluster",
                  address));
}

}  // namespace gt::config

// Which addresses may be used without keys.
#pragma once

#include <string>
#include <string_view>

namespace gt::config {

/// Host and port of `tcp://host:port`; brackets around an IPv6 host are taken off. Port is `*` or
/// digits. Throws CommonError(kInvalidArgument) for anything else.
struct TcpAddress {
  std::string host;
  std::string port;
};
[[nodiscard]] TcpAddress split_tcp_address(std::string_view address);

/// Whether only processes of this machine can reach the address: every scheme but tcp, and tcp on
/// a loopback host (127.0.0.0/8, ::1, or a name that resolves to such only).
[[nodiscard]] bool is_local_address(std::string_view address);

/// Throws CommonError(kInvalidArgument), saying why and what to do, if the address can be reached
/// from other machines: connections are not authenticated or encrypted.
void require_local_address(std::string_view address);

}  // namespace gt::config

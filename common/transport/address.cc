#include "common/transport/address.h"

#include <algorithm>
#include <charconv>

#include "common/error.h"
#include "common/transport/transport.h"

namespace gt::transport {
namespace {

[[noreturn]] void malformed(std::string_view address) {
  throw CommonError(ErrorKind::kInvalidArgument,
                    "malformed address '" + std::string(address) +
                        "'; expected tcp://host:port, host:port, ipc://path or "
                        "inproc-twin://name");
}

bool is_port(std::string_view text) {
  if (text == "*") return true;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port <= 65535;
}

bool is_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (!bracketed && host.find(':') != std::string_view::npos) return false;
  if (host.find_first_of("/ \t\n") != std::string_view::npos) return false;
  return is_port(text.substr(colon + 1));
}

}  // namespace

Scheme scheme_of(std::string_view address) {
  if (address.starts_with(kTcpPrefix)) return Scheme::tcp;
  if (address.starts_with(kIpcPrefix)) return Scheme::ipc;
  if (address.starts_with(kTwinPrefix)) return Scheme::twin;
  malformed(address);
}

std::string normalise_address(std::string_view address) {
  if (address.find('\0') != std::string_view::npos) malformed(address);
  if (address.find("://") == std::string_view::npos) {
    if (!is_host_and_port(address)) malformed(address);
    return std::string(kTcpPrefix) + std::string(address);
  }
  bool is_right = false;
  switch (scheme_of(address)) {
    case Scheme::tcp:
      is_right = is_host_and_port(address.substr(kTcpPrefix.size()));
      break;
    case Scheme::ipc:
      is_right = address.size() > kIpcPrefix.size();
      break;
    case Scheme::twin:
      is_right = address.size() > kTwinPrefix.size();
      break;
  }
  if (!is_right) malformed(address);
  return std::string(address);
}

}  // namespace gt::transport

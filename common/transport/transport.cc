#include "common/transport/transport.h"

#include "common/error.h"
#include "common/transport/address.h"
#include "common/transport/implementations.h"

namespace gt::transport {
namespace {

/// The normalised address; a malformed one is a failure to connect here.
std::string checked(const std::string& address) {
  try {
    return normalise_address(address);
  } catch (const CommonError& error) {
    throw CommonError(ErrorKind::kConnection, error.what());
  }
}

}  // namespace

std::optional<Incoming> Endpoint::receive(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (auto incoming = try_receive()) return incoming;
    const auto left =
        std::chrono::ceil<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !wait(left)) return std::nullopt;
  }
}

std::unique_ptr<Endpoint> listen(const std::string& address, Mode mode) {
  const std::string normal = checked(address);
  require_possible(normal, mode);
  const Scheme scheme = scheme_of(normal);
  if (scheme == Scheme::twin) return listen_twin(normal);
  if (scheme == Scheme::ipc && mode != Mode::zmq) return listen_ring(normal, mode);
  return listen_zmq(normal);
}

std::unique_ptr<Endpoint> connect(const std::string& address, Mode mode) {
  const std::string normal = checked(address);
  require_possible(normal, mode);
  const Scheme scheme = scheme_of(normal);
  if (scheme == Scheme::twin) return connect_twin(normal);
  if (scheme == Scheme::ipc && mode != Mode::zmq) return connect_ring(normal, mode);
  if (scheme == Scheme::ipc) require_zmq_listener(normal);
  return connect_zmq(normal);
}

}  // namespace gt::transport

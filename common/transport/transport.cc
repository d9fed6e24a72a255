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

std::unique_ptr<Endpoint> listen(const std::string& address) {
  const std::string normal = checked(address);
  return scheme_of(normal) == Scheme::twin ? listen_twin(normal) : listen_zmq(normal);
}

std::unique_ptr<Endpoint> connect(const std::string& address) {
  const std::string normal = checked(address);
  return scheme_of(normal) == Scheme::twin ? connect_twin(normal) : connect_zmq(normal);
}

}  // namespace gt::transport

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

std::unique_ptr<Endpoint> listen(const std::string& address) {
  const std::string normal = checked(address);
  return scheme_of(normal) == Scheme::twin ? listen_twin(normal) : listen_zmq(normal);
}

std::unique_ptr<Endpoint> connect(const std::string& address) {
  const std::string normal = checked(address);
  return scheme_of(normal) == Scheme::twin ? connect_twin(normal) : connect_zmq(normal);
}

}  // namespace gt::transport

// Who gets rings: the decision of listeners and connectors at `ipc://` addresses.
#include <sys/socket.h>

#include "common/error.h"
#include "common/transport/address.h"
#include "common/transport/bind_address.h"
#include "common/transport/implementations.h"
#include "common/transport/late_connector.h"
#include "common/transport/mixed_listener.h"
#include "common/transport/ring_endpoint.h"

namespace gt::transport {
namespace {

std::string path_of(const std::string& address) { return address.substr(kIpcPrefix.size()); }

std::unique_ptr<Endpoint> try_ring(const std::string& address) {
  const std::string path = ring_path(address);
  if (!is_possible_socket_path(path)) return nullptr;
  auto socket = UnixSocket::connect(path);
  if (!socket || !socket->is_same_user()) return nullptr;
  auto link = RingLink::connect(std::move(*socket));
  return link ? std::make_unique<RingEndpoint>(address, std::move(link)) : nullptr;
}

/// Null while nobody listens.
std::unique_ptr<Endpoint> connect_now(const std::string& address, Mode mode) {
  if (auto ring = try_ring(address)) return ring;
  if (!is_possible_socket_path(path_of(address)) || !is_listened_at(path_of(address), SOCK_STREAM))
    return nullptr;
  // A listener offers its ring first: if there is none now, there will be none.
  if (auto ring = try_ring(address)) return ring;
  if (mode == Mode::ring)
    throw CommonError(ErrorKind::kConnection,
                      "cannot connect to '" + address +
                          "' with GT_TRANSPORT=ring: the listener there offers no shared memory to "
                          "this process (it runs with GT_TRANSPORT=zmq, for another user, or is of "
                          "another version); GT_TRANSPORT=auto uses ZeroMQ then");
  return connect_zmq(address);
}

}  // namespace

std::unique_ptr<Endpoint> listen_ring(const std::string& address, Mode mode) {
  const std::string path = ring_path(address);
  if (mode == Mode::ring)
    return std::make_unique<RingEndpoint>(address, UnixListener(path, address));
  static_cast<void>(prepare_bind(address));
  if (!is_possible_socket_path(path)) return listen_zmq(address);
  return std::make_unique<MixedListener>(
      std::make_unique<RingEndpoint>(address, UnixListener(path, address)), address);
}

std::unique_ptr<Endpoint> connect_ring(const std::string& address, Mode mode) {
  if (auto endpoint = connect_now(address, mode)) return endpoint;
  return std::make_unique<LateConnector>(address, [=] { return connect_now(address, mode); });
}

void require_zmq_listener(const std::string& address) {
  const std::string path = ring_path(address);
  if (is_possible_socket_path(path) && is_listened_at(path, SOCK_SEQPACKET) &&
      !is_listened_at(path_of(address), SOCK_STREAM))
    throw CommonError(ErrorKind::kConnection,
                      "cannot connect to '" + address +
                          "' with GT_TRANSPORT=zmq: the listener there runs with "
                          "GT_TRANSPORT=ring; GT_TRANSPORT=auto reaches it");
}

}  // namespace gt::transport

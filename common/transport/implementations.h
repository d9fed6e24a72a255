// The implementations behind `listen` and `connect`. Addresses are normalised.
#pragma once

#include <memory>
#include <string>

#include "common/transport/mode.h"
#include "common/transport/transport.h"

namespace gt::transport {

class ZmqInput;

/// A ZeroMQ endpoint that others can wait for together with their own.
class ZmqEndpoint : public Endpoint {
 public:
  [[nodiscard]] virtual ZmqInput& input() noexcept = 0;
};

/// Peers are numbered from `first_peer` on.
[[nodiscard]] std::unique_ptr<ZmqEndpoint> listen_zmq(const std::string& address,
                                                      PeerId first_peer = 1);
[[nodiscard]] std::unique_ptr<Endpoint> connect_zmq(const std::string& address);

/// For `ipc://` addresses, in the modes that use rings. A connector whose listener is not there yet
/// decides when it comes.
[[nodiscard]] std::unique_ptr<Endpoint> listen_ring(const std::string& address, Mode mode);
[[nodiscard]] std::unique_ptr<Endpoint> connect_ring(const std::string& address, Mode mode);
/// Throws CommonError(kConnection) if a listener is there that speaks through rings only.
void require_zmq_listener(const std::string& address);

/// The twin: queues in memory, for tests. One listener a name at a time; connectors may come first.
[[nodiscard]] std::unique_ptr<Endpoint> listen_twin(const std::string& address);
[[nodiscard]] std::unique_ptr<Endpoint> connect_twin(const std::string& address);

}  // namespace gt::transport

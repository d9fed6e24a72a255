// The implementations behind `listen` and `connect`. Addresses are normalised.
#pragma once

#include <memory>
#include <string>

#include "common/transport/transport.h"

namespace gt::transport {

[[nodiscard]] std::unique_ptr<Endpoint> listen_zmq(const std::string& address);
[[nodiscard]] std::unique_ptr<Endpoint> connect_zmq(const std::string& address);

/// The twin: queues in memory, for tests. One listener a name at a time; connectors may come first.
[[nodiscard]] std::unique_ptr<Endpoint> listen_twin(const std::string& address);
[[nodiscard]] std::unique_ptr<Endpoint> connect_twin(const std::string& address);

}  // namespace gt::transport

// What has to be right before a listener can bind.
#pragma once

#include <string>

namespace gt::transport {

/// The address in the form that ZeroMQ binds: host names resolved, port 0 as any free port. For
/// ipc, checks path and folder and removes a socket file that nobody listens at any more. Throws
/// CommonError(kConnection) naming the address and the reason.
[[nodiscard]] std::string prepare_bind(const std::string& address);

/// Makes way for a socket at the path: checks its length and removes a socket file that nobody
/// listens at any more. Throws CommonError(kConnection) naming the address, for which the socket
/// is, and the reason.
void prepare_socket_path(const std::string& path, int socket_type, const std::string& address);

}  // namespace gt::transport

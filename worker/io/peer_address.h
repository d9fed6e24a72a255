// Where a worker listens for payloads of other workers.
#pragma once

#include <string>

namespace gt::worker {

/// An address beside the dispatcher's that no other worker uses: for `ipc://PATH` a path next to
/// it, for `tcp://host:port` any free port of the interface that reaches the host, for
/// `inproc-twin://name` another name. Throws CommonError(kConnection) if the host is unknown.
[[nodiscard]] std::string peer_address_beside(const std::string& dispatcher_address);

}  // namespace gt::worker

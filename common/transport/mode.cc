#include "common/transport/mode.h"

#include <sys/un.h>

#include "common/config/environment.h"
#include "common/error.h"
#include "common/transport/address.h"
#include "common/transport/ring_link.h"

namespace gt::transport {

Mode process_mode() {
  const std::string& text = config::Environment::process().text(config::Variable::transport);
  if (text == "zmq") return Mode::zmq;
  if (text == "ring") return Mode::ring;
  return Mode::automatic;
}

Choice choice_for(std::string_view address, Mode mode) {
  const std::string name = mode == Mode::zmq    ? "GT_TRANSPORT=zmq"
                           : mode == Mode::ring ? "GT_TRANSPORT=ring"
                                                : "GT_TRANSPORT=auto";
  switch (scheme_of(address)) {
    case Scheme::twin:
      return {"queues in memory", "a twin within one process"};
    case Scheme::tcp:
      if (mode == Mode::ring) return {"none", name + " needs an ipc:// address"};
      return {"ZeroMQ", "tcp reaches other hosts"};
    case Scheme::ipc:
      break;
  }
  if (mode == Mode::zmq) return {"ZeroMQ", name};
  if (!is_possible_socket_path(ring_path(std::string(address))))
    return {mode == Mode::ring ? "none" : "ZeroMQ",
            "the path is too long for the socket beside it"};
  if (mode == Mode::ring) return {"shared-memory rings", name};
  return {"shared-memory rings", name + ", one host; ZeroMQ with a peer that has none"};
}

void require_possible(const std::string& address, Mode mode) {
  const Choice choice = choice_for(address, mode);
  if (choice.transport == "none")
    throw CommonError(ErrorKind::kConnection, "cannot use '" + address +
                                                  "' with GT_TRANSPORT=ring: " + choice.reason +
                                                  "; GT_TRANSPORT=auto uses ZeroMQ there");
}

}  // namespace gt::transport

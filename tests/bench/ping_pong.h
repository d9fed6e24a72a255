// What a round trip costs before anything is computed: three bare processes in the places of
// client, dispatcher and worker. They wait for messages as those do and pass them unread.
#pragma once

#include <memory>
#include <vector>
#include <zmq.hpp>

#include "common/transport/transport.h"
#include "tests/bench/child_program.h"
#include "tests/bench/temporary_folder.h"

namespace gt::bench {

/// Over tcp, with ZeroMQ's own sockets.
class ZmqPingPong {
 public:
  /// Throws std::runtime_error if a process does not come up.
  ZmqPingPong();

  /// One message of 64 bytes there and back. Throws std::runtime_error if it does not come back.
  void exchange();

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::vector<ChildProgram> children_;
};

/// Over ipc, with the endpoints of the transport that GT uses there.
class EndpointPingPong {
 public:
  /// Throws std::runtime_error if a process does not come up.
  EndpointPingPong();

  /// As above.
  void exchange();

 private:
  TemporaryFolder folder_;
  std::vector<ChildProgram> children_;
  std::unique_ptr<transport::Endpoint> endpoint_;
};

}  // namespace gt::bench

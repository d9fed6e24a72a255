// What a round trip costs before anything is computed: three bare processes over ZeroMQ and ipc.
#pragma once

#include <string>
#include <vector>
#include <zmq.hpp>

#include "tests/bench/child_program.h"

namespace gt::bench {

/// This process, a relay and an echo, in the places of client, dispatcher and worker. They wait for
/// messages as those do, by poll, and pass them unread.
class PingPong {
 public:
  /// Throws std::runtime_error if a process does not come up.
  PingPong();
  ~PingPong();
  PingPong(const PingPong&) = delete;
  PingPong& operator=(const PingPong&) = delete;

  /// One message of 64 bytes there and back. Throws std::runtime_error if it does not come back.
  void exchange();

 private:
  std::string folder_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::vector<ChildProgram> children_;
};

}  // namespace gt::bench

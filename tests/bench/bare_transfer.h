// What moving many bytes over tcp costs before anything is done to them: three bare processes in
// the places of client, dispatcher and worker, with ZeroMQ's own sockets.
#pragma once

#include <cstddef>
#include <span>
#include <vector>
#include <zmq.hpp>

#include "tests/bench/child_program.h"

namespace gt::bench {

class BareTransfer {
 public:
  /// Throws std::runtime_error if a process does not come up.
  BareTransfer();

  /// Sends the bytes through both other processes, in messages as large as the parts in which
  /// payloads travel and from where they lie, and waits for the last one's answer that all have
  /// come. Throws std::runtime_error if there is none.
  void send(std::span<const std::byte> bytes);

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::vector<ChildProgram> children_;
};

}  // namespace gt::bench

// gt_bench_sink: takes messages over ZeroMQ; answers one of the type std::uint64_t, a number of
// bytes, with an empty message when so many bytes have come behind it. Prints the address to which
// it was bound.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <zmq.hpp>

#include "common/process/heap.h"
#include "tests/bench/programs/end_with_parent.h"

namespace {

void run() {
  zmq::context_t context(1);
  zmq::socket_t socket(context, zmq::socket_type::pair);
  socket.bind("tcp://127.0.0.1:*");
  std::puts(socket.get(zmq::sockopt::last_endpoint).c_str());
  std::fflush(stdout);
  zmq::message_t message;
  while (socket.recv(message)) {
    std::uint64_t expected = 0;
    if (message.size() != sizeof expected) return;
    std::memcpy(&expected, message.data(), sizeof expected);
    for (std::uint64_t bytes = 0; bytes < expected; bytes += message.size())
      if (!socket.recv(message)) return;
    socket.send(zmq::message_t(), zmq::send_flags::none);
  }
}

}  // namespace

int main() {
  gt::bench::end_with_parent();
  gt::process::keep_freed_memory();  // as GT's own processes do
  try {
    run();
  } catch (const std::exception&) {
    return 1;
  }
}

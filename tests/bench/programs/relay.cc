// gt_bench_relay NEAR [FAR]: passes what comes from NEAR on to FAR and back; without FAR, back at
// once. Prints the address to which NEAR was bound.
#include <cstdio>
#include <exception>
#include <string>
#include <zmq.hpp>

#include "common/process/heap.h"
#include "tests/bench/programs/end_with_parent.h"

namespace {

void pass(zmq::socket_t& from, zmq::socket_t& to) {
  zmq::message_t message;
  while (from.recv(message, zmq::recv_flags::dontwait)) to.send(message, zmq::send_flags::none);
}

void run(const std::string& near_address, const std::string& far_address) {
  zmq::context_t context(1);
  zmq::socket_t near(context, zmq::socket_type::pair), far(context, zmq::socket_type::pair);
  near.bind(near_address);
  std::puts(near.get(zmq::sockopt::last_endpoint).c_str());
  std::fflush(stdout);
  if (!far_address.empty()) far.connect(far_address);
  zmq::socket_t& beyond = far_address.empty() ? near : far;
  zmq::pollitem_t items[] = {{near, 0, ZMQ_POLLIN, 0}, {far, 0, ZMQ_POLLIN, 0}};
  const std::size_t count = far_address.empty() ? 1 : 2;
  while (true) {
    zmq::poll(items, count, std::chrono::milliseconds(-1));
    pass(near, beyond);
    if (count == 2) pass(far, near);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) return 2;
  gt::bench::end_with_parent();
  gt::process::keep_freed_memory();  // as GT's own processes do
  try {
    run(argv[1], argc == 3 ? argv[2] : "");
  } catch (const std::exception&) {
    return 1;
  }
}

// gt_bench_forwarder ADDRESS: passes what comes from any peer on, unread, to the last one that sent
// a message of one byte. Prints `ready` when it listens.
#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

#include "common/process/heap.h"
#include "common/transport/transport.h"
#include "tests/bench/programs/end_with_parent.h"

namespace {

void run(const char* address) {
  using gt::transport::Lane;
  const auto endpoint = gt::transport::listen(address);
  std::puts("ready");
  std::fflush(stdout);
  gt::transport::PeerId sink = 0;
  while (true) {
    auto incoming = endpoint->receive(std::chrono::seconds(1));
    if (!incoming) continue;
    if (incoming->bytes.size() == 1)
      sink = incoming->peer;
    else if (!endpoint->send(sink, Lane::control, std::move(incoming->bytes)))
      endpoint->drop(sink);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  gt::bench::end_with_parent();
  gt::process::keep_freed_memory();
  try {
    run(argv[1]);
  } catch (const std::exception&) {
    return 1;
  }
}

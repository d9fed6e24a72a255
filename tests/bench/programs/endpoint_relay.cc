// gt_bench_endpoint_relay pass ADDRESS: listens, and passes what others send on to the peer that
// said hello (one byte), and what that one sends back to the peer that sent last.
// gt_bench_endpoint_relay echo ADDRESS: says hello and sends back what comes.
// Both print `ready` when they are.
#include <chrono>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "common/process/time_slice.h"
#include "common/transport/transport.h"
#include "tests/bench/programs/end_with_parent.h"

namespace {

using gt::transport::Lane;
constexpr std::chrono::seconds kStep{1};

void ready() {
  std::puts("ready");
  std::fflush(stdout);
}

void pass(const char* address) {
  const auto endpoint = gt::transport::listen(address);
  ready();
  gt::transport::PeerId near = 0, far = 0;
  while (true) {
    auto incoming = endpoint->receive(kStep);
    if (!incoming) continue;
    if (incoming->bytes.size() == 1) {
      far = incoming->peer;
      static_cast<void>(endpoint->send(far, Lane::control, std::move(incoming->bytes)));
      continue;
    }
    if (incoming->peer != far) near = incoming->peer;
    const gt::transport::PeerId target = incoming->peer == far ? near : far;
    if (!endpoint->send(target, Lane::control, std::move(incoming->bytes))) return;
  }
}

void echo(const char* address) {
  const auto endpoint = gt::transport::connect(address);
  if (!endpoint->send(gt::transport::kServer, Lane::control, std::vector<std::byte>(1))) return;
  while (!endpoint->receive(kStep)) {
  }
  ready();
  while (true) {
    auto incoming = endpoint->receive(kStep);
    if (incoming &&
        !endpoint->send(gt::transport::kServer, Lane::control, std::move(incoming->bytes)))
      return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  gt::bench::end_with_parent();
  gt::process::set_time_slice(gt::process::kShortSlice);  // as GT's own processes have it
  try {
    std::string_view(argv[1]) == "pass" ? pass(argv[2]) : echo(argv[2]);
  } catch (const std::exception&) {
    return 1;
  }
}

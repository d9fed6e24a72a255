#include "tests/bench/cluster.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace gt::bench {

OneWorkerOverTcp::OneWorkerOverTcp(const std::string& address)
    : server_("gt", {"server", "--address", address}),
      worker_("gt", {"worker", "--connect", address, "--threads", "1"}) {
  connect(address);
}

std::string OneWorkerOverTcp::free_tcp_address() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  const bool is_known = bind(descriptor, reinterpret_cast<sockaddr*>(&name), size) == 0 &&
                        getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size) == 0;
  close(descriptor);
  if (!is_known) throw std::runtime_error("no free tcp port");
  return fmt::format("tcp://127.0.0.1:{}", ntohs(name.sin_port));
}

}  // namespace gt::bench

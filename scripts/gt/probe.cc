#include "scripts/gt/probe.h"

#include <unistd.h>

#include "common/config/version.h"
#include "common/protocol/messages.h"
#include "common/transport/transport.h"

namespace gt::tool {

std::optional<std::uint32_t> count_workers(const std::string& address,
                                           std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  const auto endpoint = transport::connect(address);
  const auto send = [&endpoint](const protocol::Message& message) {
    return endpoint->send(transport::kServer, transport::Lane::control, protocol::encode(message));
  };
  protocol::ClientHello hello;
  hello.library_version = library_version();
  hello.process = static_cast<std::uint64_t>(getpid());
  if (!send(hello)) return std::nullopt;
  const auto deadline = Clock::now() + timeout;
  while (Clock::now() < deadline) {
    const auto incoming =
        endpoint->receive(std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()));
    if (!incoming) continue;
    const protocol::Message message = protocol::decode(incoming->bytes);
    if (const auto* refusal = std::get_if<protocol::Refusal>(&message))
      throw CommonError(ErrorKind::kConnection, address + ": " + refusal->message);
    const auto* welcome = std::get_if<protocol::ClientWelcome>(&message);
    if (welcome == nullptr) continue;
    static_cast<void>(send(protocol::Goodbye{}));
    return welcome->workers;
  }
  return std::nullopt;
}

}  // namespace gt::tool

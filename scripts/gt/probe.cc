#include "scripts/gt/probe.h"

#include <unistd.h>

#include "common/config/version.h"

namespace gt::tool {

Probe::Probe(const std::string& address) : endpoint_(transport::connect(address)) {}

Probe::~Probe() { send(protocol::Goodbye{}); }

void Probe::send(const protocol::Message& message) {
  // A server that cannot be written to does not answer either.
  static_cast<void>(
      endpoint_->send(transport::kServer, transport::Lane::control, protocol::encode(message)));
}

std::optional<protocol::Message> Probe::receive(Clock::time_point deadline) {
  while (Clock::now() < deadline) {
    const auto incoming =
        endpoint_->receive(std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()));
    if (!incoming) continue;
    protocol::Message message = protocol::decode(incoming->bytes);
    if (const auto* refusal = std::get_if<protocol::Refusal>(&message))
      throw CommonError(ErrorKind::kConnection, endpoint_->address() + ": " + refusal->message);
    return message;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> count_workers(const std::string& address,
                                           std::chrono::milliseconds timeout) {
  Probe probe(address);
  protocol::ClientHello hello;
  hello.library_version = library_version();
  hello.process = static_cast<std::uint64_t>(getpid());
  const auto welcome = probe.ask<protocol::ClientWelcome>(hello, timeout);
  return welcome ? std::optional(welcome->workers) : std::nullopt;
}

}  // namespace gt::tool

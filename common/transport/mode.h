// Which implementation carries the messages of an address: GT_TRANSPORT.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gt::transport {

enum class Mode : std::uint8_t {
  automatic,  ///< shared memory for `ipc://` if both ends can, else ZeroMQ
  zmq,        ///< ZeroMQ always
  ring,       ///< shared memory, or an error
};

/// What GT_TRANSPORT says, for this process. Throws as config::Environment::process.
[[nodiscard]] Mode process_mode();

/// What carries messages at this kind of address, and why, in words: for people.
struct Choice {
  std::string transport;
  std::string reason;
};
[[nodiscard]] Choice choice_for(std::string_view address, Mode mode);

/// Throws CommonError(kConnection) if the mode is impossible at the address.
void require_possible(const std::string& address, Mode mode);

}  // namespace gt::transport

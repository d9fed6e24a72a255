// Asks a server whether it is there, as a client would.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace gt::tool {

/// Number of workers behind the server at `address`, or nothing if it did not answer in time.
/// Throws CommonError(kConnection) if it refuses the client.
[[nodiscard]] std::optional<std::uint32_t> count_workers(const std::string& address,
                                                         std::chrono::milliseconds timeout);

}  // namespace gt::tool

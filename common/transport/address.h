// The schemes of transport addresses.
#pragma once

#include <cstdint>
#include <string_view>

namespace gt::transport {

inline constexpr std::string_view kTcpPrefix = "tcp://";
inline constexpr std::string_view kIpcPrefix = "ipc://";
inline constexpr std::string_view kTwinPrefix = "inproc-twin://";

enum class Scheme : std::uint8_t { tcp, ipc, twin };

/// The scheme of an address; throws CommonError(kInvalidArgument) if it has none of ours.
[[nodiscard]] Scheme scheme_of(std::string_view address);

}  // namespace gt::transport

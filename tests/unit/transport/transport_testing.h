// What tests of transports share.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/transport/transport.h"

namespace gt::transport {

inline constexpr auto kLong = std::chrono::seconds(5);
inline constexpr auto kShort = std::chrono::milliseconds(50);

/// Where nothing lies yet.
inline std::string fresh_path() {
  static std::atomic<int> counter = 0;
  return (std::filesystem::temp_directory_path() /
          ("gt-transport-" + std::to_string(::getpid()) + "-" + std::to_string(counter++)))
      .string();
}

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

inline std::string text_of(const std::optional<Incoming>& incoming) {
  if (!incoming) return "(nothing)";
  return {reinterpret_cast<const char*>(incoming->bytes.data()), incoming->bytes.size()};
}

}  // namespace gt::transport

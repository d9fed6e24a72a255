// What is kept of compiled kernels for a GPU: header, words of the launches, host code, device
// code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gt::worker::jit {

struct GpuObject {
  std::vector<std::vector<std::uint32_t>> launches;  ///< by kernel, words of each launch's block
  std::vector<std::byte> host_code;                  ///< an object file
  std::string device_code;

  void set_host_code(std::string_view code) {
    const auto* bytes = reinterpret_cast<const std::byte*>(code.data());
    host_code.assign(bytes, bytes + code.size());
  }
};

[[nodiscard]] std::vector<std::byte> to_bytes(const GpuObject& object);
/// Throws CommonError(kInternal) for bytes that are none.
[[nodiscard]] GpuObject read_object(std::span<const std::byte> bytes);

}  // namespace gt::worker::jit

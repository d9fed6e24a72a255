// Bytes of this process alone that travel like shared memory.
#pragma once

#include <utility>
#include <vector>

#include "common/transport/shared_block.h"

namespace gt::transport {

/// Bytes in a vector. A peer that shares memory gets a copy of them.
class LocalBlock final : public SharedBlock {
 public:
  explicit LocalBlock(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept override { return bytes_; }
  [[nodiscard]] std::optional<SharedLocation> location() const override { return std::nullopt; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace gt::transport

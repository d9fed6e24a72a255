// A part of a block as a block of its own.
#pragma once

#include <utility>

#include "common/transport/shared_block.h"

namespace gt::transport {

/// Bytes of another block, which it holds. Has no location: it travels as a copy.
class BlockPart : public SharedBlock {
 public:
  BlockPart(SharedBlockRef whole, std::size_t offset, std::size_t size) noexcept
      : whole_(std::move(whole)), offset_(offset), size_(size) {}

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept override {
    return whole_->bytes().subspan(offset_, size_);
  }
  [[nodiscard]] std::size_t size() const noexcept override { return size_; }
  [[nodiscard]] std::optional<SharedLocation> location() const override { return std::nullopt; }

 private:
  SharedBlockRef whole_;
  std::size_t offset_;
  std::size_t size_;
};

}  // namespace gt::transport

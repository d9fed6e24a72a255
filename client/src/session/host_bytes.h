// The bytes of a value on the host.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "common/transport/shared_block.h"

namespace gt::client {

/// Memory of this process, or memory that a worker has lent. Its address stays the same.
class HostBytes {
 public:
  HostBytes() noexcept = default;
  HostBytes(std::vector<std::byte> bytes) noexcept : owned_(std::move(bytes)) {}
  explicit HostBytes(transport::SharedBlockRef block) noexcept : block_(std::move(block)) {}

  [[nodiscard]] const std::byte* data() const noexcept { return view().data(); }
  [[nodiscard]] std::size_t size() const noexcept { return view().size(); }
  [[nodiscard]] std::span<const std::byte> view() const noexcept {
    return block_ ? block_->bytes() : std::span<const std::byte>(owned_);
  }
  /// The same for writing; lent memory becomes this process's own. Null if there is none for it.
  [[nodiscard]] std::byte* writable() {
    if (!block_) return owned_.data();
    if (detached_ == nullptr) detached_ = block_->detach();
    return detached_;
  }

  friend bool operator==(const HostBytes& a, const std::vector<std::byte>& b) noexcept {
    return std::ranges::equal(a.view(), b);
  }

 private:
  std::vector<std::byte> owned_;
  transport::SharedBlockRef block_;
  std::byte* detached_ = nullptr;  ///< the memory of block_, once it is this process's own
};

}  // namespace gt::client

// The CPU allocator of a worker: blocks of a few size classes that are kept when they are freed.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "worker/engine/value.h"

namespace gt::worker {

/// Hands out blocks aligned to 64 bytes from size classes (four for each power of two), and keeps
/// freed blocks for the next request of their class. `bytes_in_use` counts the blocks that are
/// handed out; kept ones are given back to the system when they and those in use would together
/// pass the limit. Buffers may outlive the allocator. Thread-safe.
class PooledAllocator final : public Allocator {
 public:
  /// `limit` in bytes; 0 stands for default_memory_limit().
  explicit PooledAllocator(std::size_t limit);

  [[nodiscard]] std::shared_ptr<Buffer> allocate(std::size_t bytes) override;
  [[nodiscard]] std::size_t bytes_in_use() const noexcept override;
  [[nodiscard]] std::size_t limit() const noexcept override;
  /// Bytes in freed blocks that are kept.
  [[nodiscard]] std::size_t bytes_cached() const noexcept;

  class Pool;

 private:
  struct Disown {
    void operator()(Pool* pool) const noexcept;
  };
  std::unique_ptr<Pool, Disown> pool_;
};

/// 80% of the memory that is available to this process: the least of what the machine has
/// available and what is left to its control group.
[[nodiscard]] std::size_t default_memory_limit();

}  // namespace gt::worker

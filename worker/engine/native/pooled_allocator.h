// The CPU allocator of a worker: blocks of a few size classes that are kept when they are freed.
#pragma once

#include <cstddef>
#include <memory>

#include "worker/engine/value.h"

namespace gt::worker {

/// Hands out blocks aligned to 64 bytes from size classes (four for each power of two), and keeps
/// freed blocks for the next request of their class. `bytes_in_use` counts the blocks that are
/// handed out and what was charged. Of the kept blocks those that lay unused longest go back to the
/// system when a new one is needed and they would, together with those in use, pass the limit, or
/// when they are more than were ever in use at once (and kKeptAtLeast). Buffers may outlive the
/// allocator.
class PooledAllocator final : public Allocator {
 public:
  static constexpr std::size_t kKeptAtLeast = std::size_t{256} << 20;

  /// `limit` in bytes; 0 stands for default_memory_limit().
  explicit PooledAllocator(std::size_t limit);

  [[nodiscard]] BufferRef allocate(std::size_t bytes) override;
  void charge(std::size_t bytes) override;
  void discharge(std::size_t bytes) noexcept override;
  void trim() noexcept override;
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

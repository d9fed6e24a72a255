// Memory of this process that it lends to others, kept for the next use.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

#include "common/transport/shared_block.h"

namespace gt::transport {

/// A block that its maker fills before others get it. All its pages are there.
class PooledBlock : public SharedBlock {
 public:
  [[nodiscard]] virtual std::span<std::byte> memory() noexcept = 0;
};

/// What several pools of a process have together.
struct PoolAccount {
  explicit PoolAccount(std::size_t limit) noexcept : most_kept(limit) {}

  const std::size_t most_kept;          ///< bytes of unused segments
  std::atomic<std::size_t> kept = 0;    ///< bytes of unused segments
  std::atomic<std::size_t> blocks = 0;  ///< handed out and not destroyed
};

/// Segments (memfds sealed against shrinking and growing, mapped, with all pages there), each for
/// one block at a time. A block that is destroyed leaves its segment for the next request of about
/// its size: fresh pages cost more than the bytes that are written to them. Whoever has got one
/// block of a segment can see what is written there later: a pool serves one session.
///
/// Thread-safe. Blocks may outlive the pool.
class SharedPool {
 public:
  /// Segments that are kept, beside the limit of the account.
  static constexpr std::size_t kMostKeptSegments = 64;

  explicit SharedPool(std::shared_ptr<PoolAccount> account);
  ~SharedPool();
  SharedPool(const SharedPool&) = delete;
  SharedPool& operator=(const SharedPool&) = delete;

  /// A block of that size, more than 0; null if the system gives no memory.
  [[nodiscard]] std::shared_ptr<PooledBlock> take(std::size_t bytes);

 private:
  class Segment;
  class Segments;
  class Block;

  std::shared_ptr<Segments> segments_;
};

}  // namespace gt::transport

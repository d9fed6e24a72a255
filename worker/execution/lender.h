// Memory in which values leave a worker, lent where the receiver shares memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "common/transport/shared_pool.h"
#include "worker/engine/value.h"

namespace gt::worker {

/// What the sessions of a worker have together.
struct SharedMemory {
  std::shared_ptr<transport::PoolAccount> account =
      std::make_shared<transport::PoolAccount>(std::size_t{256} << 20);
  /// Blocks of other processes that values lie in.
  std::shared_ptr<std::atomic<std::size_t>> adopted = std::make_shared<std::atomic<std::size_t>>(0);
  /// Blocks that other processes hold.
  std::size_t lent = 0;
};

/// Payloads of this size and above are lent, or put together in memory that is kept.
inline constexpr std::size_t kLeastLentBytes = std::size_t{256} << 10;

/// Takes blocks of a session's pool, which count as in use for the allocator until their receivers
/// have let go of them. Belongs to the executor's thread.
class Lender {
 public:
  /// All are borrowed.
  Lender(transport::SharedPool& pool, SharedMemory& memory, Allocator& allocator) noexcept
      : pool_(pool), memory_(memory), allocator_(allocator) {}
  Lender(const Lender&) = delete;
  Lender& operator=(const Lender&) = delete;
  ~Lender();

  /// Null if the bytes are few, if too much is lent already, or if there is no memory for it.
  [[nodiscard]] std::shared_ptr<transport::PooledBlock> take(std::size_t bytes);
  /// Counts what came back.
  void settle() noexcept;

 private:
  struct Loan {
    std::weak_ptr<transport::PooledBlock> block;
    std::size_t bytes = 0;
  };

  transport::SharedPool& pool_;
  SharedMemory& memory_;
  Allocator& allocator_;
  std::vector<Loan> loans_;
};

}  // namespace gt::worker

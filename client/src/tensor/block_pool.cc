#include "client/src/tensor/block_pool.h"

#include <array>
#include <cstdint>

#include "client/src/session/thread_local.h"

namespace gt::detail {
namespace {

constexpr std::size_t kStep = 64;  ///< sizes of blocks are multiples of it
constexpr std::uint32_t kMostKept = 1024;

#ifdef GT_SANITIZED
constexpr bool kKeepsBlocks = false;  // else they would not see a use after the end
#else
constexpr bool kKeepsBlocks = true;
#endif

struct FreeBlock {
  FreeBlock* next;
};

/// The blocks of one size that this thread keeps.
struct FreeList {
  FreeBlock* first = nullptr;
  std::uint32_t count = 0;
};

GT_FAST_THREAD_LOCAL std::array<FreeList, kLargestBlock / kStep> free_lists;
GT_FAST_THREAD_LOCAL bool may_keep = false;

/// Frees what the thread keeps when it ends; nothing is kept before and after.
class Keeper {
 public:
  Keeper() noexcept { may_keep = kKeepsBlocks; }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  ~Keeper() {
    may_keep = false;
    for (FreeList& list : free_lists)
      while (FreeBlock* block = list.first) {
        list.first = block->next;
        ::operator delete(block);
      }
  }
  void touch() const noexcept {}
};
thread_local const Keeper keeper;

std::size_t index_of(std::size_t bytes) { return (bytes - 1) / kStep; }

}  // namespace

void* take_block(std::size_t bytes) {
  if (bytes > kLargestBlock) return ::operator new(bytes);
  FreeList& list = free_lists[index_of(bytes)];
  if (list.first == nullptr) {
    keeper.touch();
    return ::operator new((index_of(bytes) + 1) * kStep);
  }
  FreeBlock* block = list.first;
  list.first = block->next;
  --list.count;
  return block;
}

void give_block(void* block, std::size_t bytes) noexcept {
  if (bytes > kLargestBlock || !may_keep) return ::operator delete(block);
  FreeList& list = free_lists[index_of(bytes)];
  if (list.count == kMostKept) return ::operator delete(block);
  list.first = new (block) FreeBlock{list.first};
  ++list.count;
}

}  // namespace gt::detail

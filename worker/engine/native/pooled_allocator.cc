#include "worker/engine/native/pooled_allocator.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>

namespace gt::worker {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kClasses = 200;
/// Requests beyond are taken for this: no machine has it.
constexpr std::size_t kMostBytes = std::size_t{1} << 48;
/// Blocks of this size and above are mapped, so that they go back to the system when they are
/// freed; the heap keeps smaller ones.
constexpr std::size_t kMapped = std::size_t{1} << 20;
/// Mapped blocks that hold a huge page lie on one's border, and ask for them: a walk over a large
/// tensor by pages of 4 KiB waits for the translation of addresses, across the rows of a matrix at
/// every element.
constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Size class of a request: its number, and the bytes of its blocks.
struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

/// Multiples of 64 up to 256, then four steps for each power of two.
SizeClass size_class(std::size_t bytes) {
  bytes = std::max<std::size_t>(bytes, 1);
  if (bytes <= 256) {
    const std::size_t step = (bytes - 1) / 64;
    return {step, (step + 1) * 64};
  }
  const auto power = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;
  const std::size_t quarter = std::size_t{1} << (power - 2);
  const std::size_t steps = (bytes - 1 - (std::size_t{1} << power)) / quarter;
  return {4 + (power - 8) * 4 + steps, (std::size_t{1} << power) + (steps + 1) * quarter};
}

/// Null if the system gives none.
void* mapped_memory(std::size_t size) noexcept {
  const std::size_t spare = size >= kHugePage ? kHugePage : 0;
  void* const reserved =
      mmap(nullptr, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (reserved == MAP_FAILED) return nullptr;
  if (spare == 0) return reserved;
  auto* const begin = static_cast<std::byte*>(reserved);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(begin) % kHugePage;
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t end = before + (size + page - 1) / page * page;
  if (before != 0) munmap(begin, before);
  if (end < size + spare) munmap(begin + end, size + spare - end);
  // Where the system does not know them, pages stay small.
  static_cast<void>(madvise(begin + before, size, MADV_HUGEPAGE));
  return begin + before;
}

std::size_t read_number(const std::string& path) {
  std::ifstream file(path);
  std::size_t value = 0;
  return file >> value ? value : 0;
}

std::size_t available_on_machine() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::string unit;
  std::size_t kilobytes = 0;
  while (file >> key >> kilobytes && std::getline(file, unit))
    if (key == "MemAvailable:") return kilobytes * 1024;
  return std::size_t{4} << 30;
}

/// What the control group leaves, or `fallback` where it sets no limit.
std::size_t available_in_group(std::size_t fallback) {
  const std::pair<const char*, const char*> files[] = {
      {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes",
       "/sys/fs/cgroup/memory/memory.usage_in_bytes"}};
  for (const auto& [limit_file, usage_file] : files) {
    const std::size_t limit = read_number(limit_file);
    const std::size_t usage = read_number(usage_file);
    if (limit > usage) return std::min(fallback, limit - usage);
  }
  return fallback;
}

}  // namespace

std::size_t default_memory_limit() { return available_in_group(available_on_machine()) / 10 * 8; }

/// Lives as long as the allocator and the last of its buffers.
class PooledAllocator::Pool {
 public:
  explicit Pool(std::size_t limit) noexcept : limit_(limit) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// The allocator goes; the pool follows when it has all blocks back.
  void disown() noexcept;

  [[nodiscard]] BufferRef take(SizeClass size, std::size_t asked);
  void charge(std::size_t bytes);
  void discharge(std::size_t bytes) noexcept { in_use_ -= bytes; }
  void trim() noexcept;
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
  [[nodiscard]] std::size_t cached() const noexcept { return cached_; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

 private:
  class Block;
  /// The kept blocks of a size class.
  struct Bin {
    Block* first = nullptr;
    std::uint64_t last_use = 0;
  };

  ~Pool();
  [[nodiscard]] bool has_room(std::size_t bytes) const noexcept {
    return in_use_ <= limit_ && bytes <= limit_ - in_use_;
  }
  [[noreturn]] void refuse(std::size_t asked) const;
  void give_back(Block& block) noexcept;
  void make_block(SizeClass size, std::size_t asked);
  void release(std::size_t most) noexcept;
  [[nodiscard]] static void* system_memory(std::size_t bytes, bool mapped) noexcept;
  static void free_block(Block* block) noexcept;

  const std::size_t limit_;
  std::array<Bin, kClasses> bins_;
  std::uint64_t clock_ = 0;  ///< requests so far
  std::size_t in_use_ = 0;
  std::size_t most_in_use_ = 0;
  std::size_t cached_ = 0;
  std::size_t blocks_in_use_ = 0;
  bool is_owned_ = true;
};

/// A block: this object, then the memory that it hands out. It stays made while it is kept.
class alignas(kAlignment) PooledAllocator::Pool::Block final : public Buffer {
 public:
  Block(Pool& owner, SizeClass size_class, bool is_mapped) noexcept
      // NOLINTNEXTLINE(bugprone-pointer-arithmetic-on-polymorphic-object): no class derives from it
      : Buffer(this + 1, size_class.bytes), pool(owner), size(size_class), mapped(is_mapped) {}
  void discard() noexcept override { pool.give_back(*this); }

  Pool& pool;
  const SizeClass size;
  const bool mapped;
  Block* next = nullptr;  ///< of the kept ones of its class
};

PooledAllocator::Pool::~Pool() { release(0); }

void PooledAllocator::Pool::disown() noexcept {
  is_owned_ = false;
  if (blocks_in_use_ == 0) delete this;
}

inline BufferRef PooledAllocator::Pool::take(SizeClass size, std::size_t asked) {
  Bin& bin = bins_[size.index];
  bin.last_use = ++clock_;
  if (bin.first == nullptr || !has_room(size.bytes)) make_block(size, asked);
  Block* block = bin.first;
  bin.first = block->next;
  cached_ -= size.bytes;
  in_use_ += size.bytes;
  ++blocks_in_use_;
  return BufferRef(block);
}

inline void PooledAllocator::Pool::give_back(Block& block) noexcept {
  Bin& bin = bins_[block.size.index];
  block.next = bin.first;
  bin.first = &block;
  cached_ += block.size.bytes;
  in_use_ -= block.size.bytes;
  --blocks_in_use_;
  if (!is_owned_ && blocks_in_use_ == 0) delete this;
}

void PooledAllocator::Pool::charge(std::size_t bytes) {
  if (!has_room(bytes)) refuse(bytes);
  if (in_use_ + cached_ + bytes > limit_) release(limit_ - in_use_ - bytes);
  in_use_ += bytes;
}

/// Puts a new block in front of the kept ones of its class.
void PooledAllocator::Pool::make_block(SizeClass size, std::size_t asked) {
  if (!has_room(size.bytes)) refuse(asked);
  most_in_use_ = std::max(most_in_use_, in_use_ + size.bytes);
  const std::size_t room = limit_ - in_use_ - size.bytes;
  release(std::min(room, std::max(most_in_use_, kKeptAtLeast)));
  const bool mapped = size.bytes >= kMapped;
  void* memory = system_memory(size.bytes, mapped);
  if (memory == nullptr) {
    release(0);
    memory = system_memory(size.bytes, mapped);
  }
  if (memory == nullptr) refuse(asked);
  Bin& bin = bins_[size.index];
  auto* block = new (memory) Block(*this, size, mapped);
  block->next = bin.first;
  bin.first = block;
  cached_ += size.bytes;
}

void* PooledAllocator::Pool::system_memory(std::size_t bytes, bool mapped) noexcept {
  const std::size_t size = sizeof(Block) + bytes;
  return mapped ? mapped_memory(size) : std::aligned_alloc(kAlignment, size);
}

void PooledAllocator::Pool::free_block(Block* block) noexcept {
  const std::size_t size = sizeof(Block) + block->size.bytes;
  const bool mapped = block->mapped;
  block->~Block();
  if (mapped)
    munmap(block, size);
  else
    std::free(block);
}

/// Gives kept blocks back, those of the class that was unused longest first, until at most `most`
/// bytes are kept.
void PooledAllocator::Pool::release(std::size_t most) noexcept {
  while (cached_ > most) {
    Bin* oldest = nullptr;
    for (Bin& bin : bins_)
      if (bin.first != nullptr && (oldest == nullptr || bin.last_use < oldest->last_use))
        oldest = &bin;
    if (oldest == nullptr) return;
    while (oldest->first != nullptr && cached_ > most) {
      Block* block = oldest->first;
      oldest->first = block->next;
      cached_ -= block->size.bytes;
      free_block(block);
    }
  }
}

void PooledAllocator::Pool::trim() noexcept {
  most_in_use_ = in_use_;
  release(0);
}

void PooledAllocator::Pool::refuse(std::size_t asked) const {
  throw OutOfMemory("out of memory: tried to allocate " + std::to_string(asked) + " bytes; " +
                    std::to_string(in_use_) + " bytes are in use and the limit is " +
                    std::to_string(limit_) + " bytes");
}

void PooledAllocator::Disown::operator()(Pool* pool) const noexcept { pool->disown(); }

PooledAllocator::PooledAllocator(std::size_t limit)
    : pool_(new Pool(limit != 0 ? limit : default_memory_limit())) {}

BufferRef PooledAllocator::allocate(std::size_t bytes) {
  bytes = std::min(bytes, kMostBytes);
  return pool_->take(size_class(bytes), bytes);
}

void PooledAllocator::charge(std::size_t bytes) { pool_->charge(bytes); }
void PooledAllocator::discharge(std::size_t bytes) noexcept { pool_->discharge(bytes); }
void PooledAllocator::trim() noexcept { pool_->trim(); }
std::size_t PooledAllocator::bytes_in_use() const noexcept { return pool_->in_use(); }
std::size_t PooledAllocator::limit() const noexcept { return pool_->limit(); }
std::size_t PooledAllocator::bytes_cached() const noexcept { return pool_->cached(); }

}  // namespace gt::worker

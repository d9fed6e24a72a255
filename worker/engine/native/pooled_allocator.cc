#include "worker/engine/native/pooled_allocator.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <string>

namespace gt::worker {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHead = 128;  ///< before the data of a block: its counter
constexpr std::size_t kClasses = 200;

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
  explicit Pool(std::size_t limit) : limit_(limit) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// The allocator goes; the pool follows when it has all blocks back.
  void disown() noexcept {
    bool is_last = false;
    {
      const std::lock_guard lock(mutex_);
      is_owned_ = false;
      is_last = blocks_in_use_ == 0;
    }
    if (is_last) delete this;
  }

  void* take(SizeClass size, std::size_t asked) {
    const std::lock_guard lock(mutex_);
    if (size.bytes > limit_ - std::min(in_use_, limit_)) refuse(asked);
    auto& blocks = free_[size.index];
    if (!blocks.empty()) {
      void* block = blocks.back();
      blocks.pop_back();
      cached_ -= size.bytes;
      in_use_ += size.bytes;
      ++blocks_in_use_;
      return block;
    }
    if (in_use_ + cached_ + size.bytes > limit_) release_cached();
    void* block = std::aligned_alloc(kAlignment, kHead + size.bytes);
    if (block == nullptr) {
      release_cached();
      block = std::aligned_alloc(kAlignment, kHead + size.bytes);
    }
    if (block == nullptr) refuse(asked);
    in_use_ += size.bytes;
    ++blocks_in_use_;
    return block;
  }

  void give_back(void* block, SizeClass size) noexcept {
    bool is_last = false;
    {
      const std::lock_guard lock(mutex_);
      in_use_ -= size.bytes;
      is_last = --blocks_in_use_ == 0 && !is_owned_;
      try {
        free_[size.index].push_back(block);
        cached_ += size.bytes;
      } catch (const std::bad_alloc&) {
        std::free(block);
      }
    }
    if (is_last) delete this;
  }

  std::size_t in_use() const {
    const std::lock_guard lock(mutex_);
    return in_use_;
  }
  std::size_t cached() const {
    const std::lock_guard lock(mutex_);
    return cached_;
  }
  std::size_t limit() const noexcept { return limit_; }

 private:
  ~Pool() { release_cached(); }
  [[noreturn]] void refuse(std::size_t asked) const {
    throw OutOfMemory("out of memory: tried to allocate " + std::to_string(asked) + " bytes; " +
                      std::to_string(in_use_) + " bytes are in use and the limit is " +
                      std::to_string(limit_) + " bytes");
  }
  void release_cached() {
    for (auto& blocks : free_) {
      for (void* block : blocks) std::free(block);
      blocks.clear();
    }
    cached_ = 0;
  }

  const std::size_t limit_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::array<std::vector<void*>, kClasses> free_;
  std::size_t in_use_ = 0;
  std::size_t cached_ = 0;
  std::size_t blocks_in_use_ = 0;
  bool is_owned_ = true;
};

void PooledAllocator::Disown::operator()(Pool* pool) const noexcept { pool->disown(); }

namespace {

class PooledBuffer final : public Buffer {
 public:
  using Buffer::Buffer;
};

/// Puts a buffer's control block into the head of its own block, so that a block and what counts
/// it come and go together.
template <class T>
struct HeadAllocator {
  using value_type = T;
  HeadAllocator(PooledAllocator::Pool& owner, void* head, SizeClass size_class)
      : pool(&owner), block(head), size(size_class) {}
  template <class U>
  HeadAllocator(const HeadAllocator<U>& other)
      : pool(other.pool), block(other.block), size(other.size) {}

  T* allocate(std::size_t) {
    static_assert(sizeof(T) <= kHead && alignof(T) <= kAlignment);
    return static_cast<T*>(block);
  }
  void deallocate(T*, std::size_t) noexcept { pool->give_back(block, size); }
  template <class U>
  bool operator==(const HeadAllocator<U>& other) const noexcept {
    return block == other.block;
  }

  PooledAllocator::Pool* pool;
  void* block;
  SizeClass size;
};

}  // namespace

PooledAllocator::PooledAllocator(std::size_t limit)
    : pool_(new Pool(limit != 0 ? limit : default_memory_limit())) {}

std::shared_ptr<Buffer> PooledAllocator::allocate(std::size_t bytes) {
  if (bytes > std::size_t{1} << 48) bytes = std::size_t{1} << 48;
  const SizeClass size = size_class(bytes);
  void* block = pool_->take(size, bytes);
  return std::allocate_shared<PooledBuffer>(HeadAllocator<PooledBuffer>(*pool_, block, size),
                                            static_cast<std::byte*>(block) + kHead, size.bytes);
}

std::size_t PooledAllocator::bytes_in_use() const noexcept { return pool_->in_use(); }
std::size_t PooledAllocator::limit() const noexcept { return pool_->limit(); }
std::size_t PooledAllocator::bytes_cached() const noexcept { return pool_->cached(); }

}  // namespace gt::worker

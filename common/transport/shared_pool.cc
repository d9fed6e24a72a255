#include "common/transport/shared_pool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <list>
#include <mutex>
#include <utility>

#include "common/process/descriptor.h"

namespace gt::transport {
namespace {

constexpr std::size_t kLeastBytes = std::size_t{64} << 10;

/// Four sizes for each power of two.
std::size_t segment_size(std::size_t bytes) {
  const std::size_t least = std::max(bytes, kLeastBytes);
  const std::size_t quarter = std::bit_floor(least) / 4;
  return (least + quarter - 1) & ~(quarter - 1);
}

}  // namespace

class SharedPool::Segment {
 public:
  /// Null if the system gives no memory.
  static std::shared_ptr<Segment> make(std::size_t size) {
    process::Descriptor descriptor(::memfd_create("gt-pool", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    const auto length = static_cast<off_t>(size);
    // Pages that are missing later would be a signal in whoever touches them.
    if (!descriptor.is_open() || ::fallocate(descriptor.get(), 0, 0, length) != 0 ||
        ::fcntl(descriptor.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
      return nullptr;
    void* const place = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                               descriptor.get(), 0);
    if (place == MAP_FAILED) return nullptr;
    return std::make_shared<Segment>(std::move(descriptor), static_cast<std::byte*>(place), size);
  }
  Segment(process::Descriptor descriptor, std::byte* base, std::size_t size) noexcept
      : descriptor_(std::move(descriptor)), base_(base), size_(size) {}
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment() { ::munmap(base_, size_); }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }
  [[nodiscard]] std::byte* base() const noexcept { return base_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  process::Descriptor descriptor_;
  std::byte* base_;
  std::size_t size_;
};

/// The segments that are kept; lives as long as the pool and its blocks.
class SharedPool::Segments {
 public:
  explicit Segments(std::shared_ptr<PoolAccount> account) noexcept : account_(std::move(account)) {}
  Segments(const Segments&) = delete;
  Segments& operator=(const Segments&) = delete;

  [[nodiscard]] std::shared_ptr<Segment> take(std::size_t size) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::find_if(kept_.begin(), kept_.end(), [size](const auto& segment) {
        return segment->size() == size;
      });
      if (found != kept_.end()) {
        auto segment = std::move(*found);
        kept_.erase(found);
        account_->kept -= size;
        return segment;
      }
    }
    return Segment::make(size);
  }

  void give_back(std::shared_ptr<Segment> segment) noexcept {
    std::list<std::shared_ptr<Segment>> dropped;
    const std::lock_guard lock(mutex_);
    if (is_closed_ || segment->size() > account_->most_kept) return;
    account_->kept += segment->size();
    kept_.push_front(std::move(segment));
    while (!kept_.empty() &&
           (account_->kept > account_->most_kept || kept_.size() > SharedPool::kMostKeptSegments)) {
      account_->kept -= kept_.back()->size();
      dropped.splice(dropped.end(), kept_, std::prev(kept_.end()));
    }
  }

  /// The pool is gone: nothing is kept any more.
  void close() noexcept {
    std::list<std::shared_ptr<Segment>> dropped;
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    for (const auto& segment : kept_) account_->kept -= segment->size();
    dropped.swap(kept_);
  }

  [[nodiscard]] PoolAccount& account() const noexcept { return *account_; }

 private:
  const std::shared_ptr<PoolAccount> account_;
  std::mutex mutex_;
  std::list<std::shared_ptr<Segment>> kept_;  ///< guarded by mutex_; those used last first
  bool is_closed_ = false;                    ///< guarded by mutex_
};

class SharedPool::Block final : public PooledBlock {
 public:
  Block(std::shared_ptr<Segments> owner, std::shared_ptr<Segment> segment,
        std::size_t size) noexcept
      : owner_(std::move(owner)), segment_(std::move(segment)), size_(size) {
    ++owner_->account().blocks;
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() override {
    --owner_->account().blocks;
    owner_->give_back(std::move(segment_));
  }

  std::span<const std::byte> bytes() const noexcept override { return {segment_->base(), size_}; }
  std::span<std::byte> memory() noexcept override { return {segment_->base(), size_}; }
  std::optional<SharedLocation> location() const override {
    return SharedLocation{segment_, segment_->descriptor(), segment_->size(), 0};
  }
  std::byte* detach() const override { return segment_->base(); }

 private:
  std::shared_ptr<Segments> owner_;
  std::shared_ptr<Segment> segment_;
  std::size_t size_;
};

SharedPool::SharedPool(std::shared_ptr<PoolAccount> account)
    : segments_(std::make_shared<Segments>(std::move(account))) {}

SharedPool::~SharedPool() { segments_->close(); }

std::shared_ptr<PooledBlock> SharedPool::take(std::size_t bytes) {
  auto segment = segments_->take(segment_size(bytes));
  if (!segment) return nullptr;
  return std::make_shared<Block>(segments_, std::move(segment), bytes);
}

}  // namespace gt::transport

#include "common/transport/received_segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <limits>

#include "common/error.h"

namespace gt::transport {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr std::uint64_t kStatBlock = 512;

/// A hole would be filled, at our expense, when we look at it.
bool is_complete_memory(int descriptor, std::uint64_t size) {
  struct stat status{};
  return (::fcntl(descriptor, F_GET_SEALS) & kSeals) == kSeals &&
         ::fstat(descriptor, &status) == 0 && static_cast<std::uint64_t>(status.st_size) == size &&
         static_cast<std::uint64_t>(status.st_blocks) * kStatBlock >= size;
}

}  // namespace

ReceivedSegment::ReceivedSegment(process::Descriptor descriptor, std::uint64_t size)
    : descriptor_(std::move(descriptor)), size_(size) {
  if (size == 0 || size > std::numeric_limits<std::int64_t>::max() ||
      ::fcntl(descriptor_.get(), F_GET_SEALS) < 0 || !is_complete_memory(descriptor_.get(), size))
    throw CommonError(ErrorKind::kProtocol,
                      "a segment that is not sealed, not complete or of another size");
  mapping_ = std::make_shared<const Mapping>(descriptor_.get(), size_);
}

ReceivedSegment::Mapping::Mapping(int descriptor, std::size_t size) : size_(size) {
  void* const place = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (place == MAP_FAILED)
    throw CommonError(ErrorKind::kProtocol, "a segment that cannot be mapped");
  base_ = static_cast<std::byte*>(place);
}

ReceivedSegment::Mapping::~Mapping() { ::munmap(base_, size_); }

std::byte* ReceivedSegment::Mapping::base() const noexcept {
  if (!is_entered_.exchange(true, std::memory_order_relaxed))
    static_cast<void>(::madvise(base_, size_, MADV_POPULATE_READ));
  return base_;
}

std::shared_ptr<const ReceivedSegment::Mapping> ReceivedSegment::mapping() const {
  const std::lock_guard lock(mutex_);
  if (!mapping_) mapping_ = std::make_shared<const Mapping>(descriptor_.get(), size_);
  return mapping_;
}

std::byte* ReceivedSegment::detach(const Mapping& mapping, std::size_t offset,
                                   std::size_t size) const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t begin = offset / page * page;
  const std::size_t end = offset + size;
  std::byte* const base = mapping.base();
  const std::lock_guard lock(mutex_);
  if (mapping_.get() == &mapping) mapping_.reset();
  void* const place = ::mmap(base + begin, end - begin, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_FIXED, descriptor_.get(), static_cast<off_t>(begin));
  return place == MAP_FAILED ? nullptr : base + offset;
}

}  // namespace gt::transport

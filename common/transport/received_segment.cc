#include "common/transport/received_segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

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
  void* const place = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_.get(), 0);
  if (place == MAP_FAILED)
    throw CommonError(ErrorKind::kProtocol, "a segment that cannot be mapped");
  base_ = static_cast<std::byte*>(place);
}

ReceivedSegment::~ReceivedSegment() {
  if (base_ != nullptr) ::munmap(base_, size_);
}

std::span<const std::byte> ReceivedSegment::bytes() const noexcept {
  if (!is_entered_.exchange(true, std::memory_order_relaxed))
    static_cast<void>(::madvise(base_, size_, MADV_POPULATE_READ));
  return {base_, size_};
}

}  // namespace gt::transport

#include "common/transport/link_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "common/error.h"

namespace gt::transport {
namespace {

constexpr std::size_t kEvents = 4;
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr std::size_t kStateBytes = 8192;
static_assert(sizeof(DirectionState) <= kStateBytes);
constexpr std::size_t kDirectionBytes = kControlRingBytes + kBulkRingBytes;
/// States of both directions, then their data.
constexpr std::size_t kLinkBytes = 2 * kStateBytes + 2 * kDirectionBytes;

[[noreturn]] void no_memory() {
  throw CommonError(ErrorKind::kConnection,
                    std::string("no shared memory for a connection: ") + std::strerror(errno));
}

[[noreturn]] void refuse(const char* what) {
  throw CommonError(ErrorKind::kProtocol, std::string("a connection was handed over with ") + what);
}

bool is_sealed_memory(int descriptor) {
  struct stat status{};
  return (::fcntl(descriptor, F_GET_SEALS) & kSeals) == kSeals &&
         ::fstat(descriptor, &status) == 0 && status.st_size == static_cast<off_t>(kLinkBytes);
}

}  // namespace

LinkMemory::LinkMemory()
    : side_(Side::connector), memory_(::memfd_create("gt-link", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  if (!memory_.is_open() || ::ftruncate(memory_.get(), static_cast<off_t>(kLinkBytes)) != 0 ||
      ::fcntl(memory_.get(), F_ADD_SEALS, kSeals | F_SEAL_SEAL) != 0)
    no_memory();
  events_.resize(kEvents);
  map();
}

LinkMemory::LinkMemory(std::vector<process::Descriptor> descriptors) : side_(Side::listener) {
  if (descriptors.size() != 1 + kEvents) refuse("a wrong number of descriptors");
  memory_ = std::move(descriptors.front());
  if (!is_sealed_memory(memory_.get())) refuse("memory of a wrong size, or that is not sealed");
  for (std::size_t k = 0; k < kEvents; ++k) {
    auto event = EventFd::adopt(std::move(descriptors[1 + k]));
    if (!event) refuse("a descriptor that is no eventfd");
    events_.push_back(std::move(*event));
  }
  map();
  close_memory_descriptor();
}

LinkMemory::~LinkMemory() {
  if (base_ != nullptr) ::munmap(base_, kLinkBytes);
}

void LinkMemory::map() {
  void* const place =
      ::mmap(nullptr, kLinkBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (place == MAP_FAILED) no_memory();
  base_ = static_cast<std::byte*>(place);
}

std::vector<int> LinkMemory::descriptors() const {
  std::vector<int> numbers{memory_.get()};
  for (const EventFd& event : events_) numbers.push_back(event.descriptor());
  return numbers;
}

DirectionState& LinkMemory::state_of(std::size_t direction) noexcept {
  return *reinterpret_cast<DirectionState*>(base_ + direction * kStateBytes);
}

std::span<std::byte> LinkMemory::data_of(std::size_t direction, Lane lane) noexcept {
  std::byte* const begin = base_ + 2 * kStateBytes + direction * kDirectionBytes;
  if (lane == Lane::control) return {begin, kControlRingBytes};
  return {begin + kControlRingBytes, kBulkRingBytes};
}

std::span<std::byte> LinkMemory::out_data(Lane lane) noexcept {
  return data_of(out_direction(), lane);
}
std::span<std::byte> LinkMemory::in_data(Lane lane) noexcept {
  return data_of(in_direction(), lane);
}

// The flags and what they are about (counters of rings and leases) are accessed in one total order:
// whoever goes to sleep sets the flag, then looks once more; whoever has news writes them, then
// looks at the flag.

void LinkMemory::wake_peer() noexcept {
  auto& flag = out().is_reader_asleep;
  if (flag.load() != 0 && flag.exchange(0) != 0) events_[out_direction()].raise();
}

void LinkMemory::tell_of_room() noexcept {
  if (in().full_lanes.exchange(0) != 0) events_[2 + in_direction()].raise();
}

void LinkMemory::give_back(std::uint32_t lease) noexcept {
  in().leases[lease].store(0);
  in().returned.fetch_add(1);
  wake_peer();
}

}  // namespace gt::transport

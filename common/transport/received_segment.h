// A segment of another process, mapped read-only.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>

#include "common/process/descriptor.h"
#include "common/transport/link_memory.h"
#include "common/transport/shared_block.h"

namespace gt::transport {

class ReceivedSegment {
 public:
  /// Throws CommonError(kProtocol) unless the descriptor is a memfd of that size whose pages are
  /// all there and that can neither shrink nor grow.
  ReceivedSegment(process::Descriptor descriptor, std::uint64_t size);
  ReceivedSegment(const ReceivedSegment&) = delete;
  ReceivedSegment& operator=(const ReceivedSegment&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// The segment in the memory of this process.
  class Mapping {
   public:
    /// Throws CommonError(kProtocol) if there is no room for it.
    Mapping(int descriptor, std::size_t size);
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();
    /// The first call enters all pages into the page table: one by one they would cost much more.
    [[nodiscard]] std::byte* base() const noexcept;

   private:
    std::byte* base_;
    std::size_t size_;
    mutable std::atomic<bool> is_entered_ = false;
  };
  /// Mapped at first use, and again after `detach`.
  [[nodiscard]] std::shared_ptr<const Mapping> mapping() const;
  /// Makes the pages of a part of the mapping private and writable. What is lent of the segment
  /// from now on is seen through another mapping. Null if the system refuses.
  [[nodiscard]] std::byte* detach(const Mapping& mapping, std::size_t offset,
                                  std::size_t size) const;

 private:
  process::Descriptor descriptor_;
  std::size_t size_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Mapping> mapping_;  ///< guarded by mutex_
};

/// A part of a segment, lent by the peer of a link. Its end is told to the lender.
class ReceivedBlock final : public SharedBlock {
 public:
  ReceivedBlock(std::shared_ptr<const ReceivedSegment> segment, std::size_t offset,
                std::size_t size, std::shared_ptr<LinkMemory> memory, std::uint32_t lease)
      : segment_(std::move(segment)),
        offset_(offset),
        size_(size),
        memory_(std::move(memory)),
        lease_(lease),
        mapping_(segment_->mapping()) {}
  ReceivedBlock(const ReceivedBlock&) = delete;
  ReceivedBlock& operator=(const ReceivedBlock&) = delete;
  /// The copy of a block that a fork has made is nobody's to give back.
  ~ReceivedBlock() override {
    if (process_ == ::getpid()) memory_->give_back(lease_);
  }

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept override {
    return {mapping_->base() + offset_, size_};
  }
  [[nodiscard]] std::size_t size() const noexcept override { return size_; }
  [[nodiscard]] std::optional<SharedLocation> location() const override {
    return SharedLocation{segment_, segment_->descriptor(), segment_->size(), offset_};
  }
  [[nodiscard]] std::byte* detach() const override {
    return segment_->detach(*mapping_, offset_, size_);
  }

 private:
  std::shared_ptr<const ReceivedSegment> segment_;
  std::size_t offset_;
  std::size_t size_;
  std::shared_ptr<LinkMemory> memory_;
  std::uint32_t lease_;
  std::shared_ptr<const ReceivedSegment::Mapping> mapping_;
  pid_t process_ = ::getpid();
};

}  // namespace gt::transport

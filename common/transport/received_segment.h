// A segment of another process, mapped read-only.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
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
  ~ReceivedSegment();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The first call enters all pages into the page table: one by one they would cost much more.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept;

 private:
  process::Descriptor descriptor_;
  std::size_t size_;
  std::byte* base_ = nullptr;
  mutable std::atomic<bool> is_entered_ = false;
};

/// A part of a segment, lent by the peer of a link. Its end is told to the lender.
class ReceivedBlock final : public SharedBlock {
 public:
  ReceivedBlock(std::shared_ptr<const ReceivedSegment> segment, std::size_t offset,
                std::size_t size, std::shared_ptr<LinkMemory> memory, std::uint32_t lease) noexcept
      : segment_(std::move(segment)),
        offset_(offset),
        size_(size),
        memory_(std::move(memory)),
        lease_(lease) {}
  ReceivedBlock(const ReceivedBlock&) = delete;
  ReceivedBlock& operator=(const ReceivedBlock&) = delete;
  ~ReceivedBlock() override { memory_->give_back(lease_); }

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept override {
    return segment_->bytes().subspan(offset_, size_);
  }
  [[nodiscard]] std::optional<SharedLocation> location() const override {
    return SharedLocation{segment_, segment_->descriptor(), segment_->size(), offset_};
  }

 private:
  std::shared_ptr<const ReceivedSegment> segment_;
  std::size_t offset_;
  std::size_t size_;
  std::shared_ptr<LinkMemory> memory_;
  std::uint32_t lease_;
};

}  // namespace gt::transport

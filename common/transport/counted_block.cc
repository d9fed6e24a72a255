#include "common/transport/counted_block.h"

#include <utility>

namespace gt::transport {
namespace {

class CountedBlock final : public SharedBlock {
 public:
  CountedBlock(SharedBlockRef block, std::shared_ptr<std::atomic<std::size_t>> count) noexcept
      : block_(std::move(block)), count_(std::move(count)) {
    ++*count_;
  }
  CountedBlock(const CountedBlock&) = delete;
  CountedBlock& operator=(const CountedBlock&) = delete;
  ~CountedBlock() override { --*count_; }

  std::span<const std::byte> bytes() const noexcept override { return block_->bytes(); }
  std::size_t size() const noexcept override { return block_->size(); }
  std::optional<SharedLocation> location() const override { return block_->location(); }
  std::byte* detach() const override { return block_->detach(); }

 private:
  SharedBlockRef block_;
  std::shared_ptr<std::atomic<std::size_t>> count_;
};

}  // namespace

SharedBlockRef count_block(SharedBlockRef block, std::shared_ptr<std::atomic<std::size_t>> count) {
  return std::make_shared<CountedBlock>(std::move(block), std::move(count));
}

}  // namespace gt::transport

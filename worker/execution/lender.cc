#include "worker/execution/lender.h"

namespace gt::worker {
namespace {

/// A connection can hold 1024 leases; others use it too.
constexpr std::size_t kMostBlocks = 256;

}  // namespace

Lender::~Lender() {
  for (const Loan& loan : loans_) allocator_.discharge(loan.bytes);
  memory_.lent -= loans_.size();
}

std::shared_ptr<transport::PooledBlock> Lender::take(std::size_t bytes) {
  settle();
  if (bytes < kLeastLentBytes || memory_.lent >= kMostBlocks) return nullptr;
  try {
    allocator_.charge(bytes);
  } catch (const OutOfMemory&) {
    return nullptr;
  }
  auto block = pool_.take(bytes);
  if (!block) {
    allocator_.discharge(bytes);
    return nullptr;
  }
  loans_.push_back({block, bytes});
  ++memory_.lent;
  return block;
}

void Lender::settle() noexcept {
  const std::size_t before = loans_.size();
  std::erase_if(loans_, [this](const Loan& loan) {
    const bool is_back = loan.block.expired();
    if (is_back) allocator_.discharge(loan.bytes);
    return is_back;
  });
  memory_.lent -= before - loans_.size();
}

}  // namespace gt::worker

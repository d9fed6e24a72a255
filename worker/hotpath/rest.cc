#include "worker/hotpath/rest.h"

#include <algorithm>
#include <utility>

namespace gt::worker::hotpath {
namespace {

constexpr std::uint64_t kGrowth = 4;
/// Nearly all: but for one of so many.
constexpr std::uint64_t kShare = 16;

}  // namespace

void Rest::put_off() noexcept {
  is_new_ = true;
  length_ = kFirst;
}

bool Rest::begins(std::uint64_t recorded, std::uint64_t hot, std::size_t kinds) noexcept {
  if (std::exchange(is_new_, false)) {
    begin_ = window_begin_ = recorded;
    window_hot_ = hot;
    return false;
  }
  const std::uint64_t elements = recorded - window_begin_;
  if (elements < kWindow) return false;
  const bool is_hot = (hot - window_hot_) * kShare >= elements * (kShare - 1);
  window_begin_ = recorded;
  window_hot_ = hot;
  if (!is_hot && recorded - begin_ < enough_) return false;
  left_ = length_;
  length_ = std::min(length_ * kGrowth, kLongest);
  kinds_ = kinds;
  is_new_ = true;
  return true;
}

bool Rest::ends(std::size_t kinds) noexcept {
  if (left_ == 0 || kinds != kinds_) return true;
  --left_;
  return false;
}

}  // namespace gt::worker::hotpath

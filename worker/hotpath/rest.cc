#include "worker/hotpath/rest.h"

#include <algorithm>
#include <utility>

namespace gt::worker::hotpath {
namespace {

constexpr std::uint64_t kGrowth = 4;
/// Nearly all: but for one of so many.
constexpr std::uint64_t kShare = 16;

}  // namespace

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
  begin(kinds);
  return true;
}

void Rest::begin(std::size_t kinds) noexcept {
  left_ = length_;
  passed_ = 0;
  length_ = std::min(length_ * kGrowth, kLongest);
  kinds_ = kinds;
  is_new_ = true;
  begin_time_ = std::chrono::steady_clock::now();
}

bool Rest::ends(std::size_t kinds) noexcept {
  if (left_ == 0 || kinds != kinds_) return true;
  --left_;
  ++passed_;
  return left_ % kClockInterval == 0 &&
         std::chrono::steady_clock::now() - begin_time_ >= longest_time_;
}

}  // namespace gt::worker::hotpath

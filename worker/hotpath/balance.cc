#include "worker/hotpath/balance.h"

#include <algorithm>
#include <numeric>

namespace gt::worker::hotpath {
namespace {

/// What is gained is clear where it is so many times what it costs to record.
constexpr double kClear = 4;
/// One window may have been disturbed.
constexpr int kLosses = 2;

}  // namespace

void Balance::begin(double now) noexcept {
  losses_ = 0;
  begin_window(now);
}

void Balance::begin_window(double now) noexcept {
  begin_ = now;
  elements_ = 0;
  element_costs_.clear();
  gained_ = 0;
}

bool Balance::is_due(std::size_t longest) const noexcept {
  return elements_ >= std::max<std::uint64_t>(kWindow, 2 * longest);
}

/// By the mean of most measurements: of the others the processor was taken away.
double Balance::seconds_to_follow() {
  if (element_costs_.empty()) return 0;
  const std::size_t most = element_costs_.size() - element_costs_.size() / 10;
  const auto end = element_costs_.begin() + static_cast<std::ptrdiff_t>(most);
  std::nth_element(element_costs_.begin(), end - 1, element_costs_.end());
  const double sum = std::accumulate(element_costs_.begin(), end, 0.0);
  return sum / static_cast<double>(most) * static_cast<double>(elements_);
}

Balance::Verdict Balance::settle(Prospect prospect, double now) {
  const double cost = (now - begin_) / static_cast<double>(elements_);
  const bool is_clear = gained_ > kClear * seconds_to_follow();
  begin_window(now);
  switch (prospect) {
    case Prospect::working:
      patience_ = kPatience;
      return Verdict::open;
    case Prospect::waiting:
      if (patience_ == 0) break;
      --patience_;
      return Verdict::open;
    case Prospect::none:
      break;
  }
  if (is_clear) {
    losses_ = 0;
    return Verdict::pays;
  }
  if (!resting_cost_) return Verdict::rest;
  if (cost < *resting_cost_) {
    losses_ = 0;
    return Verdict::pays;
  }
  return ++losses_ < kLosses ? Verdict::open : Verdict::rest;
}

void Balance::end_rest(std::uint64_t elements, double now) noexcept {
  if (elements >= kWindow) resting_cost_ = (now - begin_) / static_cast<double>(elements);
}

}  // namespace gt::worker::hotpath

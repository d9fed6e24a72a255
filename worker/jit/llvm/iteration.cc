#include "worker/jit/llvm/iteration.h"

#include <algorithm>

namespace gt::worker::jit {
namespace {

/// Longer runs are worth a loop of their own.
constexpr std::int64_t kLongRun = 128;
/// So are these, where more than one tensor would have to be spread for a walk over all.
constexpr std::int64_t kModestRun = 32;

bool is_dense(std::span<const Dimension> dimensions, std::size_t access) {
  for (std::size_t d = 1; d < dimensions.size(); ++d)
    if (!continues(dimensions[d - 1], dimensions[d], access)) return false;
  return dimensions.back().strides[access].front().recorded == 1;
}

}  // namespace

std::int64_t Dimension::recorded_size() const {
  std::int64_t size = 1;
  for (const graph::Extent& extent : extents) size *= extent.size;
  return size;
}

bool Dimension::is_symbolic() const {
  return std::any_of(extents.begin(), extents.end(), [](const graph::Extent& extent) {
    return extent.symbolic != graph::kNoIndex;
  });
}

std::vector<Dimension> dimensions_of(std::span<const graph::Extent> extents, std::size_t accesses) {
  std::vector<Dimension> dimensions;
  for (const graph::Extent& extent : extents)
    dimensions.push_back({{extent}, std::vector<std::vector<DimensionStride>>(accesses)});
  return dimensions;
}

bool continues(const Dimension& outer, const Dimension& inner, std::size_t access) {
  const DimensionStride& above = outer.strides[access].front();
  const DimensionStride& below = inner.strides[access].front();
  if (above.recorded == 0 || below.recorded == 0) return above.recorded == below.recorded;
  return above.recorded == inner.recorded_size() * below.recorded;
}

void merge_neighbours(std::vector<Dimension>& dimensions, bool keeps_last, bool in_window_runs) {
  const std::size_t count = dimensions.size() - (keeps_last && !dimensions.empty() ? 1 : 0);
  std::int64_t within = 1;  // elements of the inner dimension and of all behind it
  if (!dimensions.empty()) within = dimensions.back().recorded_size();
  for (std::size_t d = count; d-- > 1;) {
    Dimension& outer = dimensions[d - 1];
    Dimension& inner = dimensions[d];
    bool all = true;
    for (std::size_t a = 0; a < inner.strides.size(); ++a) all = all && continues(outer, inner, a);
    const std::int64_t both = within * outer.recorded_size();
    const bool is_border = within <= kMostWindowRun && both > kMostWindowRun;
    within = both;
    if (in_window_runs && is_border) all = false;
    if (!all) continue;
    inner.extents.insert(inner.extents.end(), outer.extents.begin(), outer.extents.end());
    for (std::size_t a = 0; a < inner.strides.size(); ++a)
      inner.strides[a].insert(inner.strides[a].end(), outer.strides[a].begin(),
                              outer.strides[a].end());
    outer = std::move(inner);
    dimensions.erase(dimensions.begin() + static_cast<std::ptrdiff_t>(d));
  }
}

std::int64_t period_of(std::span<const Dimension> dimensions, std::size_t access) {
  const auto stands_still = [&](const Dimension& dimension) {
    return dimension.strides[access].front().recorded == 0;
  };
  const auto first = std::find_if_not(dimensions.begin(), dimensions.end(), stands_still);
  if (first == dimensions.begin()) return 0;
  std::int64_t period = 1;
  for (auto dimension = first; dimension != dimensions.end(); ++dimension) {
    if (dimension->is_symbolic()) return 0;
    period *= dimension->recorded_size();
  }
  return period <= kMostPeriod ? period : 0;
}

std::size_t inner_count(std::span<const Dimension> dimensions) {
  if (dimensions.size() < 2) return dimensions.size();
  const std::int64_t length = dimensions.back().recorded_size();
  if (length >= kLongRun || dimensions.back().is_symbolic()) return 1;
  std::size_t spread = 0;
  for (std::size_t a = 0; a < dimensions.back().strides.size(); ++a)
    spread += is_dense(dimensions, a) || period_of(dimensions, a) != 0 ? 0 : 1;
  return length >= kModestRun && spread > 1 ? 1 : dimensions.size();
}

bool is_doubled(std::span<const Dimension> dimensions, std::size_t access) {
  const std::size_t count = dimensions.size();
  const auto stride = [&](std::size_t back) {
    return dimensions[count - back].strides[access].front().recorded;
  };
  return count >= 2 && dimensions.back().recorded_size() == 2 && stride(1) == 0 && stride(2) == 1;
}

bool reads_windows(std::span<const Dimension> dimensions) {
  if (dimensions.empty()) return false;
  const std::size_t accesses = dimensions.back().strides.size();
  for (std::size_t a = 0; a < accesses; ++a)
    if (is_doubled(dimensions, a) || dimensions.back().strides[a].front().recorded == 2)
      return true;
  return false;
}

bool can_spread(std::span<const Dimension> dimensions) {
  std::int64_t elements = 1;
  for (const Dimension& dimension : dimensions) {
    if (dimension.is_symbolic()) return false;
    elements *= dimension.recorded_size();
    if (elements > kMostWindowRun) return false;
  }
  const std::size_t accesses = dimensions.back().strides.size();
  for (std::size_t a = 0; a < accesses; ++a) {
    const std::int64_t along = dimensions.back().strides[a].front().recorded;
    if (along < 0 || along > 2) return false;
  }
  return true;
}

namespace {

/// How many accesses lie otherwise than the run does, and are not the same in all of it.
std::size_t spread_count(std::span<const Dimension> run) {
  const auto stands_still = [&](std::size_t access) {
    return std::all_of(run.begin(), run.end(), [&](const Dimension& dimension) {
      return dimension.strides[access].front().recorded == 0;
    });
  };
  std::size_t count = 0;
  for (std::size_t a = 0; a < run.back().strides.size(); ++a)
    count += is_dense(run, a) || stands_still(a) ? 0 : 1;
  return count;
}

}  // namespace

std::size_t window_run_count(std::span<const Dimension> dimensions) {
  std::int64_t elements = 1;
  std::size_t best = 0, least_spread = 0;
  for (std::size_t count = 1; count < dimensions.size(); ++count) {
    const auto run = dimensions.last(count);
    if (!can_spread(run)) break;
    elements *= run.front().recorded_size();
    if (elements < kModestRun) continue;
    const std::size_t spread = spread_count(run);
    if (best == 0) least_spread = spread;
    if (spread <= least_spread) best = count;
  }
  return best;
}

}  // namespace gt::worker::jit

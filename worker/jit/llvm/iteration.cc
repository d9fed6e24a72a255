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

void merge_neighbours(std::vector<Dimension>& dimensions, bool keeps_last) {
  const std::size_t count = dimensions.size() - (keeps_last && !dimensions.empty() ? 1 : 0);
  for (std::size_t d = count; d-- > 1;) {
    Dimension& outer = dimensions[d - 1];
    Dimension& inner = dimensions[d];
    bool all = true;
    for (std::size_t a = 0; a < inner.strides.size(); ++a) all = all && continues(outer, inner, a);
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

}  // namespace gt::worker::jit

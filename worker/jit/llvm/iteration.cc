#include "worker/jit/llvm/iteration.h"

#include <algorithm>

namespace gt::worker::jit {
namespace {

/// Runs shorter than this are not worth a loop of their own.
constexpr std::int64_t kLeastRun = 128;

}  // namespace

std::int64_t Dimension::recorded_size() const {
  std::int64_t size = 1;
  for (const graph::Extent& extent : extents) size *= extent.size;
  return size;
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

std::size_t inner_count(std::span<const Dimension> dimensions) {
  std::int64_t size = 1;
  std::size_t count = 0;
  while (count < dimensions.size() && size < kLeastRun)
    size *= dimensions[dimensions.size() - ++count].recorded_size();
  return count;
}

}  // namespace gt::worker::jit

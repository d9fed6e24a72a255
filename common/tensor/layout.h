// Where the parts of a tensor lie: a mesh of workers and, for each mesh axis, what it does to it.
#pragma once

#include <cstdint>

#include "common/inline_vector.h"

namespace gt {

/// How the values of several shards combine into the tensor.
enum class PartialReduction : std::uint8_t { kSum = 0, kMax = 1, kMin = 2, kProduct = 3 };

/// What one mesh axis does to a tensor.
struct LayoutAxis {
  enum class Form : std::uint8_t { kReplicate = 0, kShard = 1, kPartial = 2 };
  Form form = Form::kReplicate;
  std::uint8_t dimension = 0;                           ///< the sharded dimension, for kShard
  PartialReduction reduction = PartialReduction::kSum;  ///< for kPartial
  friend constexpr bool operator==(const LayoutAxis&, const LayoutAxis&) = default;
};

using MeshId = std::uint32_t;
inline constexpr std::size_t kMaxMeshAxes = 4;

/// Layout of a tensor over a mesh. No axes means whole: one copy on a mesh of one worker.
/// Shard i of k along a dimension of n elements owns [i*n/k, (i+1)*n/k).
struct Layout {
  MeshId mesh = 0;
  InlineVector<LayoutAxis, kMaxMeshAxes> axes;

  [[nodiscard]] static Layout whole(MeshId mesh) { return Layout{mesh, {}}; }
  [[nodiscard]] bool is_whole() const noexcept { return axes.empty(); }
  friend bool operator==(const Layout&, const Layout&) = default;
};

/// Half-open range of global positions.
struct ShardRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The positions that shard `index` of `count` owns along a dimension of `size` elements.
[[nodiscard]] constexpr ShardRange shard_range(std::int64_t size, std::int64_t index,
                                               std::int64_t count) noexcept {
  return {index * size / count, (index + 1) * size / count};
}

}  // namespace gt

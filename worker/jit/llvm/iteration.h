// Which dimensions of an iteration space are walked as one, given how tensors lie in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {

/// Stride of a tensor along one dimension of the space.
struct DimensionStride {
  std::int64_t recorded = 0;              ///< 0 where the tensor has one element
  std::uint32_t index = graph::kNoIndex;  ///< in KernelArguments::strides
};

/// A dimension of the space, with the stride of every access.
struct Dimension {
  std::vector<graph::Extent> extents;                 ///< innermost first, of what was merged
  std::vector<std::vector<DimensionStride>> strides;  ///< by access, innermost first
  [[nodiscard]] std::int64_t recorded_size() const;
  [[nodiscard]] bool is_symbolic() const;
};

/// One dimension for each that is not of size 1 in every run.
[[nodiscard]] std::vector<Dimension> dimensions_of(std::span<const graph::Extent> extents,
                                                   std::size_t accesses);

/// Whether `outer` continues `inner` for one access: they can be walked as one.
[[nodiscard]] bool continues(const Dimension& outer, const Dimension& inner, std::size_t access);

/// Merges neighbours that all accesses allow to; `keeps_last`: not with the last dimension;
/// `in_window_runs`: not beyond a run that is spread as a whole.
void merge_neighbours(std::vector<Dimension>& dimensions, bool keeps_last, bool in_window_runs);

/// Longer periods are of no use.
inline constexpr std::int64_t kMostPeriod = 2048;
/// After how many elements of the space, walked in row-major order, an access is where it was
/// before; 0: never, or not known.
[[nodiscard]] std::int64_t period_of(std::span<const Dimension> dimensions, std::size_t access);

/// How many of the last dimensions make the inner run of a loop without folds: one, but all where
/// that would be short.
[[nodiscard]] std::size_t inner_count(std::span<const Dimension> dimensions);

// Runs that are spread before they are walked: where a tensor has one element for two of the run,
// or is read at every other of its elements, as in windows of pooling.

/// The longest of them.
inline constexpr std::int64_t kMostWindowRun = std::int64_t{16} << 10;

/// Whether the last dimension pairs elements of an access that has one for both.
[[nodiscard]] bool is_doubled(std::span<const Dimension> dimensions, std::size_t access);
/// Whether an access lies so that this is worth it.
[[nodiscard]] bool reads_windows(std::span<const Dimension> dimensions);
/// Whether a run of these dimensions can be spread.
[[nodiscard]] bool can_spread(std::span<const Dimension> dimensions);
/// How many of the last dimensions make such a run of a loop without folds: the longest for which
/// no more has to be spread than for shorter ones. 0: there is none.
[[nodiscard]] std::size_t window_run_count(std::span<const Dimension> dimensions);

}  // namespace gt::worker::jit

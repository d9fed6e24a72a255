// The one size of a recording that may differ between executions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "worker/hotpath/program_cache.h"
#include "worker/hotpath/recording.h"

namespace gt::worker::hotpath {

/// Sizes of 0 and 1 broadcast, and so decide shapes.
inline constexpr std::int64_t kLeastSymbol = 2;

/// What an execution has that another one of the same recording, for any size, may have otherwise.
struct SampledSize {
  std::int64_t symbol = 0;
  std::vector<std::uint64_t> positions;  ///< binding words of that class: they must fit the sizes
  friend bool operator==(const SampledSize&, const SampledSize&) = default;
};

/// Of a recording that has a symbol.
[[nodiscard]] SampledSize sample_size(const Recording& recording);
/// Rewrites the recording to what it would have been for another sample of its like.
void set_size(Recording& recording, const SampledSize& sample);

/// Recordings of one unit that are cut at the same places and differ at most in lives and in the
/// sample. The same in every process.
[[nodiscard]] sequence::Hash128 identify_any_size(const Recording& recording,
                                                  const sequence::Hash128& structure);

/// As the cache keeps it.
[[nodiscard]] ProgramObjects to_objects(const SampledSize& sample);
/// Nothing if that is not what the objects hold.
[[nodiscard]] std::optional<SampledSize> sampled_size_from(const ProgramObjects& objects);

}  // namespace gt::worker::hotpath

// Whether a program is faster than eager execution.
#pragma once

#include <optional>

#include "common/sequence/hash.h"
#include "worker/hotpath/program_cache.h"

namespace gt::worker::hotpath {

/// What an execution typically takes, in seconds.
struct Gain {
  double eager = 0;
  double compiled = 0;
};

/// Whether the program is faster, by what was measured now and what was noted at an earlier start.
/// The same program measures some hundredths more or less at each start; where its gain is no more,
/// another verdict would have other sequences compiled. So the noted one holds until it clearly is
/// wrong.
[[nodiscard]] bool is_faster(const Gain& now, const std::optional<Gain>& noted);
/// Whether the verdict is to be noted: none was, or another one.
[[nodiscard]] bool is_news(const Gain& now, const std::optional<Gain>& noted);

/// Of the note on a program, which its key in the cache names, in so many threads.
[[nodiscard]] sequence::Hash128 gain_key(const sequence::Hash128& program, int threads);
/// As the cache keeps it.
[[nodiscard]] ProgramObjects to_objects(const Gain& gain);
/// Nothing if that is not what the objects hold.
[[nodiscard]] std::optional<Gain> gain_from(const ProgramObjects& objects);

}  // namespace gt::worker::hotpath

// Suggestions for names that are nearly right.
#pragma once

#include <span>
#include <string_view>

namespace gt::config {

/// The candidate with the fewest insertions, deletions and substitutions of letters from `name`
/// (Levenshtein); the first of several. There is at least one candidate.
[[nodiscard]] std::string_view nearest(std::string_view name,
                                       std::span<const std::string_view> candidates);

}  // namespace gt::config

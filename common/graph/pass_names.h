// What can be switched off in a compilation, by name.
#pragma once

#include <array>
#include <string_view>

namespace gt::graph {

namespace pass_name {
inline constexpr std::string_view decompose = "decompose";
inline constexpr std::string_view follow_windows = "follow_windows";
inline constexpr std::string_view split_addends = "split_addends";
inline constexpr std::string_view fold_constants = "fold_constants";
inline constexpr std::string_view simplify = "simplify";
inline constexpr std::string_view absorb_casts = "absorb_casts";
inline constexpr std::string_view common_subexpressions = "common_subexpressions";
inline constexpr std::string_view dead_code = "dead_code";
// These plan what the others made; pass.h does not run them.
inline constexpr std::string_view fusion = "fusion";
inline constexpr std::string_view reuse_buffers = "reuse_buffers";
inline constexpr std::string_view recompute = "recompute";
}  // namespace pass_name

/// In the order in which they run.
inline constexpr std::array kPassNames = {pass_name::decompose,
                                          pass_name::follow_windows,
                                          pass_name::split_addends,
                                          pass_name::fold_constants,
                                          pass_name::simplify,
                                          pass_name::absorb_casts,
                                          pass_name::common_subexpressions,
                                          pass_name::dead_code,
                                          pass_name::fusion,
                                          pass_name::reuse_buffers,
                                          pass_name::recompute};

}  // namespace gt::graph

// Which values share memory because one is a view of the other, and how long each buffer lives.
#pragma once

#include <cstdint>
#include <vector>

#include "common/graph/fusion/fusion.h"
#include "common/graph/graph.h"

namespace gt::graph {

/// Never: the buffer lives on after the unit.
inline constexpr std::uint32_t kForever = kNoIndex;

/// Groups are the steps of time. By value index; what is said of a buffer stands at its root.
struct Storage {
  std::vector<std::uint32_t> root;  ///< value index of the value whose buffer this one lies in
  std::vector<std::uint32_t> last;  ///< last group that reads the buffer; kForever for outputs
  std::vector<bool> is_made;        ///< a group writes it to memory
};
[[nodiscard]] Storage find_storage(const Graph& graph, const FusionPlan& plan);
/// The same where nobody wants the outputs.
[[nodiscard]] Storage find_storage_within(const Graph& graph, const FusionPlan& plan);

/// Whether the group writes its results where it is told, as kernels and products do; else the
/// engine finds memory for them.
[[nodiscard]] bool writes_as_planned(const Graph& graph, const Group& group);

/// Whether `group` may write `output` over `input`, which nobody reads afterwards: both have the
/// same bytes, and the element at each place is read, by the loop that writes `output` alone, in
/// the step that writes there. `input` may be read in another shape, that of `output`.
[[nodiscard]] bool may_overwrite(const Graph& graph, const Storage& storage, const Group& group,
                                 ValueRef input, ValueRef output);

}  // namespace gt::graph

// Passes: each reads a graph and writes one that computes the same bits.
//
// "The same" counts NaN as equal to NaN: which NaN is not defined. A row that nobody reads is
// removed together with the error that it might have raised.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/graph/graph.h"

namespace gt::graph {

/// What a pass makes: the graph, and how many nodes it removed, replaced or added.
struct PassResult {
  Graph graph;
  std::size_t changes = 0;
};

struct Pass {
  std::string_view name;
  std::string_view summary;
  PassResult (*run)(const Graph&);
  /// What runs in its place where kernels cannot go by index; null: the same.
  PassResult (*run_without_indices)(const Graph&) = nullptr;
};

// One file each in common/graph/passes.
[[nodiscard]] PassResult eliminate_dead_code(const Graph& graph);
[[nodiscard]] PassResult merge_common_subexpressions(const Graph& graph);
[[nodiscard]] PassResult fold_constants(const Graph& graph);
[[nodiscard]] PassResult simplify(const Graph& graph);
[[nodiscard]] PassResult absorb_casts(const Graph& graph);
[[nodiscard]] PassResult split_addends(const Graph& graph);
[[nodiscard]] PassResult follow_windows(const Graph& graph);
[[nodiscard]] PassResult decompose_composites(const Graph& graph);
/// Leaves composites whole that would become rows that go by index (fusion/lookup.h), or windows.
[[nodiscard]] PassResult decompose_without_indices(const Graph& graph);

/// All passes in the order in which they run.
[[nodiscard]] std::span<const Pass> all_passes() noexcept;

struct PassOptions {
  std::vector<std::string> disabled;  ///< names of pass_names.h: passes that shall not run
  bool goes_by_index = true;          ///< whether kernels can hold rows that go by index
  int rounds = 4;  ///< the list is run again while something changes, at most so often
  /// Is shown what a pass made of the graph, whenever it changed something.
  std::function<void(std::string_view pass, const Graph& graph)> observer = {};
};

struct PassStatistics {
  std::string_view name;
  std::size_t runs = 0;
  std::size_t changes = 0;
  std::size_t nodes_before = 0;  ///< of its first run
  std::size_t nodes_after = 0;   ///< of its last run
  std::chrono::nanoseconds time{0};
};

struct PassRun {
  Graph graph;
  std::vector<PassStatistics> statistics;  ///< one a pass that was not switched off
};

/// Runs the passes and validates what each of them makes; a pass that breaks a rule is our own
/// mistake and aborts. Throws CommonError(kInvalidArgument) for a name in `disabled` that nothing
/// has (pass_names.h). `passes` may be any list.
[[nodiscard]] PassRun run_passes(Graph graph, const PassOptions& options = {},
                                 std::span<const Pass> passes = all_passes());

/// A table of the statistics, one line a pass.
[[nodiscard]] std::string to_text(std::span<const PassStatistics> statistics);

}  // namespace gt::graph

// Fusion: which nodes become one kernel.
//
// The plan partitions the nodes of a graph into groups in an order in which they can run. Values
// that only one group reads and that are no output are never in memory. Library rows, composites
// that were not decomposed, and what moves elements stay calls of the engine; views cost nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/graph/fusion/loop.h"
#include "common/graph/graph.h"

namespace gt::graph {

struct Group {
  enum class Kind : std::uint8_t {
    kernel,  ///< loops to compile
    call,    ///< one row, computed by the engine
    view,    ///< one shape row over the same buffer
  };
  Kind kind = Kind::call;
  /// Of a kernel: one loop, or several that are independent of each other. Of others: one node.
  std::vector<Loop> loops;
  std::vector<ValueRef> inputs;   ///< what is read from memory, each once
  std::vector<ValueRef> outputs;  ///< what others read, or what is alive after the unit

  [[nodiscard]] std::size_t node_count() const;
};

struct FusionPlan {
  std::vector<Group> groups;
  /// Group of each node; kNoIndex for inputs.
  std::vector<std::uint32_t> group_of;
};

struct FusionOptions {
  bool vertical = true;  ///< producers with their consumers
  bool siblings = true;  ///< readers of one value that walk the same space
  bool horizontal =
      true;  ///< independent point-wise groups that compute the same, as of optimizers
  /// Rows that are walked again after a fold are no longer than this: they stay in a cache.
  std::int64_t max_row_bytes = 1 << 20;
  std::size_t max_nodes = 96;   ///< of a loop
  std::size_t max_values = 64;  ///< inputs and outputs of a loop
  std::size_t max_loops = 64;   ///< of a group
  /// Which nodes may be part of a kernel; those for which can_fuse does not hold never are.
  std::function<bool(const Graph&, const Node&)> admits = &can_fuse;
};

[[nodiscard]] FusionPlan plan_fusion(const Graph& graph, const FusionOptions& options = {});

/// What a plan breaks of the rules: every node stands in one group; a group reads nothing that a
/// later one makes; loops are sound; inputs and outputs are what is read and made.
[[nodiscard]] std::vector<std::string> validate(const Graph& graph, const FusionPlan& plan);

/// Bytes that the groups read and write, each value once a group that names it.
[[nodiscard]] std::int64_t bytes_moved(const Graph& graph, const FusionPlan& plan);
/// The same where every row is a group, as in eager execution.
[[nodiscard]] std::int64_t bytes_moved_eagerly(const Graph& graph);

/// The groups with their nodes, one line a group.
[[nodiscard]] std::string to_text(const Graph& graph, const FusionPlan& plan);

}  // namespace gt::graph

// The groups while they grow.
#pragma once

#include <vector>

#include "common/graph/fusion/fusion.h"
#include "common/graph/uses.h"

namespace gt::graph {

/// Nodes in disjoint groups that never wait for each other in a circle.
class Partition {
 public:
  Partition(const Graph& graph, const FusionOptions& options);

  [[nodiscard]] std::uint32_t group_of(NodeIndex node) const { return group_of_[node]; }
  [[nodiscard]] const Group& group(std::uint32_t index) const { return groups_[index]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(groups_.size()); }
  [[nodiscard]] bool is_kernel(std::uint32_t group) const {
    return groups_[group].kind == Group::Kind::kernel && !groups_[group].loops.empty();
  }

  /// Whether a group other than `b` waits for `a`.
  [[nodiscard]] bool has_other_readers(std::uint32_t a, std::uint32_t b) const;
  /// Whether the engine is called between the last node of one group and the first of the other.
  [[nodiscard]] bool are_apart(std::uint32_t a, std::uint32_t b) const;
  /// Bytes that the group writes to memory.
  [[nodiscard]] std::int64_t bytes_written(std::uint32_t group) const;

  /// Joins the loops of two kernels of one loop each; false if that is not possible.
  bool join_loops(std::uint32_t a, std::uint32_t b);
  /// Puts the loops of two kernels, neither of which waits for the other, into one group.
  bool put_together(std::uint32_t a, std::uint32_t b);

  /// The groups in an order in which they can run, with their inputs and outputs.
  [[nodiscard]] FusionPlan finish() &&;

 private:
  [[nodiscard]] bool is_reachable(std::uint32_t from, std::uint32_t to, bool through_others) const;
  [[nodiscard]] bool fits(const Loop& loop) const;
  void absorb(std::uint32_t into, std::uint32_t from);
  void find_inputs_and_outputs(Group& group) const;
  [[nodiscard]] std::size_t memory_values(const Loop& loop) const;

  const Graph& graph_;
  const FusionOptions& options_;
  Uses uses_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> group_of_;
};

}  // namespace gt::graph

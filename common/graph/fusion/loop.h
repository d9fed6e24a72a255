// Loop nests: which nodes can be computed in one walk over an iteration space.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/graph/graph.h"

namespace gt::graph {

struct Group;

/// One dimension of an iteration space: a size of the recorded run, and the symbolic size that it
/// is (kNoIndex: none). Two that agree by chance in the recorded run are not the same.
struct Extent {
  std::int64_t size = 1;
  std::uint32_t symbolic = kNoIndex;
  friend constexpr bool operator==(const Extent&, const Extent&) = default;
};
using Extents = InlineVector<Extent, kMaxDimensions>;
[[nodiscard]] Extents extents_of(const Graph& graph, ValueRef value);
[[nodiscard]] std::int64_t element_count(const Extents& extents);

/// What is walked, row by row.
struct Space {
  enum class Fold : std::uint8_t {
    none,     ///< no reductions
    rows,     ///< reductions fold the last `folded` dims: each row is folded on its own
    columns,  ///< reductions fold `folded` dims behind the first `leading`, and not the last dim;
              ///< nobody in the loop reads their results
  };
  Extents extents;
  Fold fold = Fold::none;
  std::uint8_t folded = 0;
  std::uint8_t leading = 0;
  friend bool operator==(const Space&, const Space&) = default;

  /// Elements of a row, and how many there are. Without folds the last dim is the row.
  [[nodiscard]] std::int64_t row_length() const;
  [[nodiscard]] std::int64_t row_count() const;
};

/// At what level of the loop a node is computed.
enum class Role : std::uint8_t {
  element,  ///< once an element
  row,      ///< once a row: made of results of folds, of shape (rows) or (rows, 1, ...)
  uniform,  ///< one element, the same everywhere
  fold,     ///< reads an element at a time, makes one value a row (column)
};

/// Nodes that one loop nest computes, in an order in which they can run.
struct Loop {
  Space space;
  std::vector<NodeIndex> nodes;
};

/// Whether a loop can compute the row: point-wise rows that refuse no value, fills, reductions
/// (sum, mean, prod, amax, amin) over neighbouring dims, rows that go by index
/// (lookup.h), and random rows but those that know all elements of theirs (randperm, multinomial);
/// normal numbers in single precision alone.
[[nodiscard]] bool can_fuse(const Graph& graph, const Node& node);
/// Whether the row draws a number for each element, which depends on its row-major index.
[[nodiscard]] bool draws_numbers(Op op);
/// Whether a loop that computes the row may refuse what it is given: indices that name nothing,
/// chances that are none, an empty range.
[[nodiscard]] bool loop_may_refuse(const Graph& graph, const Node& node);
/// Whether a row of the group may be refused in a loop.
[[nodiscard]] bool kernel_may_refuse(const Graph& graph, const Group& group);
/// The loop of one node for which can_fuse holds.
[[nodiscard]] Loop loop_of(const Graph& graph, NodeIndex node);
/// The level at which `node` is computed in a loop over `space`, or nothing if it cannot be.
[[nodiscard]] std::optional<Role> role_of(const Graph& graph, const Space& space, NodeIndex node);
/// One loop for the nodes of both, or nothing: their spaces differ, or one reads of the other's
/// values what the walk has not made yet. Says nothing of what lies between them outside.
[[nodiscard]] std::optional<Loop> join(const Graph& graph, const Loop& a, const Loop& b);
/// Whether a node of the loop reads the result of a fold, so that rows are walked more than once.
[[nodiscard]] bool reads_folds(const Graph& graph, const Loop& loop);

}  // namespace gt::graph

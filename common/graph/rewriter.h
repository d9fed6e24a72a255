// How a pass writes its graph: node by node, with old values standing for new ones.
//
//   Rewriter rewriter(source);
//   for (NodeIndex i = 0; i < source.nodes().size(); ++i)
//     if (is_double_negation(source, i)) rewriter.replace({i, 0}, rewriter.of(inner));
//     else rewriter.keep(i);
//   return std::move(rewriter).finish();
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "common/graph/graph.h"

namespace gt::graph {

class Rewriter {
 public:
  /// Bindings, symbols, sizes and derived scalars are those of `source`, with the same numbers.
  explicit Rewriter(const Graph& source);

  /// Copies a node, its operands replaced by what they stand for; returns its new index.
  NodeIndex keep(NodeIndex node);
  /// From here on the old value is this new one.
  void replace(ValueRef old_value, ValueRef new_value);

  /// The new value of an old one, which must have been kept or replaced.
  [[nodiscard]] ValueRef of(ValueRef old_value) const;
  /// An operand of the source with its value replaced by what it stands for.
  [[nodiscard]] Operand of(const Operand& old_operand) const;
  [[nodiscard]] std::vector<Operand> operands_of(NodeIndex old_node) const;

  /// Appends a node over new values; its results are inferred. Throws CommonError as `infer_node`.
  NodeIndex add(Op op, std::span<const Operand> operands, std::span<const Word> words);
  /// The same for a row of one result with constant attributes.
  ValueRef add(Op op, std::initializer_list<Operand> operands, const Attributes& attributes = {});
  /// Nodes appended by `add` from here on stand for this node of the source, alone or with others.
  void stand_for(const Node& node, bool is_part) noexcept {
    origin_ = node.origin;
    origin_.is_part = is_part || origin_.is_part;
  }
  /// A number that is computed from others before each run.
  Operand derive(ScalarOp op, const Operand& first, const Operand& second);

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  /// The graph, with the outputs of the source. An input that became an output does not die.
  [[nodiscard]] Graph finish() &&;

 private:
  const Graph& source_;
  Graph graph_;
  std::vector<std::optional<ValueRef>> map_;  ///< by value index of the source
  Origin origin_;
};

}  // namespace gt::graph

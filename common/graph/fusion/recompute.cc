#include "common/graph/fusion/recompute.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/graph/pass.h"
#include "common/graph/rewriter.h"
#include "common/graph/uses.h"

namespace gt::graph {
namespace {

/// An operand of so many times fewer bytes than the result costs nothing to read.
constexpr std::int64_t kLittle = 16;

class Recomputing {
 public:
  Recomputing(const Graph& graph, const FusionPlan& plan)
      : graph_(graph), plan_(plan), uses_(graph), is_cheap_(graph.nodes().size(), false) {}

  std::optional<Graph> run() {
    bool has_any = false;
    for (NodeIndex i = 0; i < graph_.nodes().size(); ++i)
      has_any |= is_cheap_[i] = is_written_in_vain(i);
    if (!has_any) return std::nullopt;
    Rewriter rewriter(graph_);
    for (NodeIndex i = 0; i < graph_.nodes().size(); ++i) keep_with_copies(rewriter, i);
    return eliminate_dead_code(std::move(rewriter).finish()).graph;
  }

 private:
  [[nodiscard]] std::int64_t bytes_of(ValueRef value) const {
    return static_cast<std::int64_t>(graph_.meta(value).byte_count());
  }
  [[nodiscard]] bool is_in_kernel(NodeIndex node) const {
    return plan_.groups[plan_.group_of[node]].kind == Group::Kind::kernel;
  }

  /// Whether the value is in memory in any case.
  [[nodiscard]] bool is_stored(ValueRef value) const {
    if (graph_.node(value.node).is_input()) return true;
    const Group& maker = plan_.groups[plan_.group_of[value.node]];
    return !is_cheap_[value.node] &&
           std::find(maker.outputs.begin(), maker.outputs.end(), value) != maker.outputs.end();
  }

  /// Whether the node's result is in memory for the sake of other kernels alone, which could make
  /// it of one stored value of as many bytes and of little ones.
  [[nodiscard]] bool is_written_in_vain(NodeIndex index) const {
    const Node& node = graph_.node(index);
    if (node.is_input() || !is_in_kernel(index)) return false;
    if (node.op != Op::add && node.op != Op::sub && node.op != Op::mul) return false;
    const std::uint32_t value = graph_.value_index({index, 0});
    const auto readers = uses_.of(value);
    const bool is_elsewhere = std::any_of(readers.begin(), readers.end(), [&](const Use& use) {
      return plan_.group_of[use.node] != plan_.group_of[index];
    });
    const bool are_kernels = std::all_of(readers.begin(), readers.end(),
                                         [&](const Use& use) { return is_in_kernel(use.node); });
    if (uses_.is_output(value) || !is_elsewhere || !are_kernels) return false;
    int large = 0;
    for (const Operand& operand : graph_.operands(index)) {
      if (!operand.is_tensor()) continue;
      if (!is_stored(operand.value)) return false;
      const std::int64_t bytes = bytes_of(operand.value);
      if (bytes > bytes_of({index, 0})) return false;
      if (bytes * kLittle > bytes_of({index, 0})) ++large;
    }
    return large == 1;
  }

  /// Readers in other groups read a copy, one for each group.
  void keep_with_copies(Rewriter& rewriter, NodeIndex index) {
    std::vector<std::pair<ValueRef, ValueRef>> originals;
    for (const Operand& operand : graph_.operands(index)) {
      if (!operand.is_tensor() || !is_cheap_[operand.value.node]) continue;
      const std::uint32_t group = plan_.group_of[index];
      if (plan_.group_of[operand.value.node] == group) continue;
      originals.emplace_back(operand.value, rewriter.of(operand.value));
      const auto [copy, is_new] = copies_.try_emplace({operand.value.node, group});
      if (is_new) copy->second = {rewriter.keep(operand.value.node), 0};
      rewriter.replace(operand.value, copy->second);
    }
    rewriter.keep(index);
    for (const auto& [value, original] : originals) rewriter.replace(value, original);
  }

  const Graph& graph_;
  const FusionPlan& plan_;
  const Uses uses_;
  std::vector<bool> is_cheap_;  ///< by node: what others compute again
  std::map<std::pair<NodeIndex, std::uint32_t>, ValueRef> copies_;  ///< by node and reading group
};

}  // namespace

std::optional<Graph> recompute_cheap(const Graph& graph, const FusionPlan& plan) {
  return Recomputing(graph, plan).run();
}

}  // namespace gt::graph

#include "common/graph/fusion/recompute.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/graph/pass.h"
#include "common/graph/rewriter.h"
#include "common/graph/uses.h"

namespace gt::graph {
namespace {

/// An operand of so many times fewer bytes than the result costs nothing to read.
constexpr std::int64_t kLittle = 16;
/// More nodes than that take longer than to read their result.
constexpr std::size_t kMostNodes = 10;

class Recomputing {
 public:
  Recomputing(const Graph& graph, const FusionPlan& plan)
      : graph_(graph),
        plan_(plan),
        uses_(graph),
        is_written_(graph.nodes().size(), true),
        again_(plan.groups.size()) {}

  std::optional<Graph> run() {
    for (NodeIndex i = 0; i < graph_.nodes().size(); ++i)
      if (!graph_.node(i).is_input() && is_in_kernel(i) && is_cheap(graph_.node(i).op))
        decide({i, 0});
    if (!has_any_) return std::nullopt;
    Rewriter rewriter(graph_);
    for (NodeIndex i = 0; i < graph_.nodes().size(); ++i) {
      if (graph_.node(i).is_input())
        rewriter.keep(i);
      else
        keep_within(rewriter, i, plan_.group_of[i]);
    }
    return eliminate_dead_code(std::move(rewriter).finish()).graph;
  }

 private:
  /// What a kernel computes to make a value of what it finds in memory.
  struct Cone {
    std::vector<NodeIndex> nodes;
    std::int64_t new_bytes = 0;  ///< which it did not read before
  };

  [[nodiscard]] std::int64_t bytes_of(ValueRef value) const {
    return static_cast<std::int64_t>(graph_.meta(value).byte_count());
  }
  [[nodiscard]] const Group& maker_of(ValueRef value) const {
    return plan_.groups[plan_.group_of[value.node]];
  }
  [[nodiscard]] bool is_in_kernel(NodeIndex node) const {
    return plan_.groups[plan_.group_of[node]].kind == Group::Kind::kernel;
  }

  /// Whether the value will be in memory.
  [[nodiscard]] bool is_stored(ValueRef value) const {
    if (graph_.node(value.node).is_input()) return true;
    const Group& maker = maker_of(value);
    return is_written_[value.node] &&
           std::find(maker.outputs.begin(), maker.outputs.end(), value) != maker.outputs.end();
  }
  [[nodiscard]] bool reads(std::uint32_t group, ValueRef value) const {
    const std::vector<ValueRef>& inputs = plan_.groups[group].inputs;
    return std::find(inputs.begin(), inputs.end(), value) != inputs.end();
  }

  /// What kernels make again of no more bytes than they read of it now. All its readers do, and it
  /// is no longer written; or those do that have to read nothing else for it.
  void decide(ValueRef value) {
    const std::vector<std::uint32_t> readers = readers_of(value);
    std::vector<std::optional<Cone>> cones;
    bool all = !uses_.is_output(graph_.value_index(value));
    for (std::uint32_t group : readers) {
      cones.push_back(find_cone(value, group));
      all &= cones.back() && cones.back()->new_bytes <= bytes_of(value);
    }
    for (std::size_t i = 0; i < readers.size(); ++i) {
      if (!cones[i] || (!all && cones[i]->new_bytes > 0)) continue;
      again_[readers[i]].insert(cones[i]->nodes.begin(), cones[i]->nodes.end());
      has_any_ = true;
    }
    if (all && !readers.empty()) is_written_[value.node] = false;
  }

  /// Groups other than its maker's that read the value.
  [[nodiscard]] std::vector<std::uint32_t> readers_of(ValueRef value) const {
    std::vector<std::uint32_t> groups;
    for (const Use& use : uses_.of(graph_.value_index(value))) {
      const std::uint32_t group = plan_.group_of[use.node];
      const bool is_known = std::find(groups.begin(), groups.end(), group) != groups.end();
      if (group != plan_.group_of[value.node] && !is_known) groups.push_back(group);
    }
    return groups;
  }

  [[nodiscard]] std::optional<Cone> find_cone(ValueRef value, std::uint32_t group) const {
    Cone cone;
    if (plan_.groups[group].kind != Group::Kind::kernel) return std::nullopt;
    if (!add_node(value, group, bytes_of(value), cone)) return std::nullopt;
    return cone;
  }

  /// False if it takes too many nodes, or what they need is not in memory. `whole`: bytes of the
  /// value that is made.
  bool add_node(ValueRef value, std::uint32_t group, std::int64_t whole, Cone& cone) const {
    const bool is_possible = is_in_kernel(value.node) && is_cheap(graph_.node(value.node).op);
    if (!is_possible || cone.nodes.size() == kMostNodes) return false;
    if (std::find(cone.nodes.begin(), cone.nodes.end(), value.node) != cone.nodes.end())
      return true;
    cone.nodes.push_back(value.node);
    for (const Operand& operand : graph_.operands(value.node))
      if (operand.is_tensor() && !add_operand(operand.value, group, whole, cone)) return false;
    return true;
  }

  bool add_operand(ValueRef value, std::uint32_t group, std::int64_t whole, Cone& cone) const {
    const std::int64_t bytes = bytes_of(value);
    if (again_[group].contains(value.node)) return true;
    const bool costs_nothing = bytes * kLittle <= whole || reads(group, value);
    if (is_stored(value) && costs_nothing) return true;
    Cone longer = cone;
    const bool can_be_made = !graph_.node(value.node).is_input() && bytes <= whole &&
                             add_node(value, group, whole, longer);
    if (can_be_made && (!is_stored(value) || longer.new_bytes - cone.new_bytes < bytes)) {
      cone = std::move(longer);
      return true;
    }
    cone.new_bytes += bytes;
    return is_stored(value) && bytes <= whole;
  }

  /// Keeps a node, which reads the copies of its group where there are any.
  NodeIndex keep_within(Rewriter& rewriter, NodeIndex index, std::uint32_t group) {
    std::vector<std::pair<ValueRef, ValueRef>> originals;
    for (const Operand& operand : graph_.operands(index)) {
      if (!operand.is_tensor() || !again_[group].contains(operand.value.node)) continue;
      const ValueRef copy = copy_of(rewriter, operand.value.node, group);
      originals.emplace_back(operand.value, rewriter.of(operand.value));
      rewriter.replace(operand.value, copy);
    }
    const NodeIndex kept = rewriter.keep(index);
    // An operand that comes twice had its original first.
    for (auto i = originals.rbegin(); i != originals.rend(); ++i)
      rewriter.replace(i->first, i->second);
    return kept;
  }

  ValueRef copy_of(Rewriter& rewriter, NodeIndex index, std::uint32_t group) {
    const auto known = copies_.find({index, group});
    if (known != copies_.end()) return known->second;
    const ValueRef original = rewriter.of(ValueRef{index, 0});
    const ValueRef copy{keep_within(rewriter, index, group), 0};
    rewriter.replace({index, 0}, original);
    return copies_[{index, group}] = copy;
  }

  const Graph& graph_;
  const FusionPlan& plan_;
  const Uses uses_;
  bool has_any_ = false;
  std::vector<bool> is_written_;            ///< by node, if its group hands it on
  std::vector<std::set<NodeIndex>> again_;  ///< by group: nodes of others that it computes again
  std::map<std::pair<NodeIndex, std::uint32_t>, ValueRef> copies_;  ///< by node and group
};

}  // namespace

bool is_cheap(Op op) {
  constexpr std::array kOps = {
      Op::add, Op::sub, Op::mul, Op::eq, Op::relu, Op::where, Op::threshold_backward};
  return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

std::optional<Graph> recompute_cheap(const Graph& graph, const FusionPlan& plan) {
  return Recomputing(graph, plan).run();
}

}  // namespace gt::graph

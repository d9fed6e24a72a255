#include <fmt/format.h>

#include <algorithm>

#include "common/graph/memory/buffers.h"

namespace gt::graph {
namespace {

/// Runs a plan without computing: remembers which value lies where.
class Replay {
 public:
  Replay(const Graph& graph, const FusionPlan& fusion, const BufferPlan& plan)
      : graph_(graph), fusion_(fusion), plan_(plan), storage_(find_storage(graph, fusion)) {}

  std::vector<std::string> run() {
    for (const Input& input : graph_.inputs()) write({input.node, 0});
    for (std::uint32_t g = 0; g < fusion_.groups.size(); ++g) {
      const Group& group = fusion_.groups[g];
      for (ValueRef input : group.inputs)
        if (!is_intact(input))
          problems_.push_back(fmt::format("group {} reads value {}.{}, which was overwritten", g,
                                          input.node, input.output));
      if (group.kind == Group::Kind::view) continue;
      for (const Loop& loop : group.loops)
        for (NodeIndex node : loop.nodes) make(group, g, node);
    }
    for (ValueRef output : graph_.outputs())
      if (!is_intact(output) || is_temporary(output))
        problems_.push_back(
            fmt::format("output {}.{} does not outlive the unit", output.node, output.output));
    for (const Input& input : graph_.inputs())
      if (!input.dies && !is_intact({input.node, 0}))
        problems_.push_back(fmt::format("input node {} lives and was overwritten", input.node));
    return std::move(problems_);
  }

 private:
  const Placement& placement(ValueRef value) const {
    return plan_.placements[graph_.value_index(value)];
  }
  bool is_temporary(ValueRef value) const {
    return placement(value).kind == Placement::Kind::piece;
  }
  bool is_in_piece(ValueRef value, std::uint32_t g) const {
    const Placement& at = placement(value);
    if (at.kind != Placement::Kind::piece) return true;
    const Piece& piece = plan_.pieces[at.index];
    const std::uint32_t last = storage_.last[graph_.value_index(value)];
    return piece.first <= g && last <= piece.last && at.offset + at.bytes <= piece.bytes;
  }
  static bool overlap(const Placement& a, const Placement& b) {
    if (a.kind != b.kind || a.kind == Placement::Kind::none) return false;
    if (a.index != b.index || a.kind != Placement::Kind::piece) return a.index == b.index;
    return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  }
  std::uint32_t root(ValueRef value) const { return storage_.root[graph_.value_index(value)]; }
  bool is_intact(ValueRef value) const {
    return std::any_of(present_.begin(), present_.end(), [&](ValueRef present) {
      return graph_.value_index(present) == root(value);
    });
  }

  void make(const Group& group, std::uint32_t g, NodeIndex node) {
    for (std::uint32_t k = 0; k < graph_.node(node).value_count; ++k) {
      const ValueRef value{node, k};
      if (!storage_.is_made[graph_.value_index(value)]) continue;
      if (placement(value).kind == Placement::Kind::none ||
          placement(value).bytes != static_cast<std::int64_t>(graph_.meta(value).byte_count()) ||
          !is_in_piece(value, g))
        problems_.push_back(fmt::format("value {}.{} has no place of its size and time", node, k));
      check_overwritten(group, g, value);
      write(value);
    }
  }
  /// What a group overwrites it must not read, or be allowed to overwrite.
  void check_overwritten(const Group& group, std::uint32_t g, ValueRef value) {
    for (ValueRef input : group.inputs) {
      const ValueRef read = input;
      const bool clashes = overlap(placement(read), placement(value)) && is_intact(read);
      if (clashes && !may_overwrite(graph_, storage_, group, read, value))
        problems_.push_back(fmt::format("group {} writes value {}.{} over what it reads", g,
                                        value.node, value.output));
    }
    // Two values that one group makes must not share memory.
    for (ValueRef other : group.outputs)
      if (other < value && overlap(placement(other), placement(value)))
        problems_.push_back(fmt::format("group {} writes two values to one place ({}.{})", g,
                                        value.node, value.output));
  }
  void write(ValueRef value) {
    std::erase_if(present_,
                  [&](ValueRef present) { return overlap(placement(present), placement(value)); });
    present_.push_back(value);
  }

  const Graph& graph_;
  const FusionPlan& fusion_;
  const BufferPlan& plan_;
  Storage storage_;
  std::vector<ValueRef> present_;  ///< roots that lie in memory, whole
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> validate(const Graph& graph, const FusionPlan& fusion,
                                  const BufferPlan& plan) {
  return Replay(graph, fusion, plan).run();
}

}  // namespace gt::graph

#include "worker/hotpath/capture_plan.h"

#include <algorithm>

#include "common/graph/fusion/lookup.h"
#include "common/graph/memory/storage.h"

namespace gt::worker::hotpath {
namespace {

using graph::Group;
using graph::kNoIndex;
using graph::Node;
using graph::NodeIndex;
using Stretch = CapturePlan::Stretch;

class Planner {
 public:
  Planner(const SegmentCode& code, const CapturesRow& captures)
      : code_(code),
        graph_(code.graph),
        captures_(captures),
        storage_(graph::find_storage(code.graph, code.fusion)),
        groups_(static_cast<std::uint32_t>(code.fusion.groups.size())) {
    made_at_.assign(graph_.value_count(), kNoIndex);
    node_of_.assign(graph_.value_count(), 0);
    ends_at_.assign(graph_.value_count(), kNoIndex);
    for (NodeIndex i = 0; i < graph_.nodes().size(); ++i)
      for (std::uint32_t k = 0; k < graph_.node(i).value_count; ++k) {
        node_of_[graph_.value_index({i, k})] = i;
        made_at_[graph_.value_index({i, k})] = code_.fusion.group_of[i];
      }
    for (std::uint32_t g = 0; g < groups_; ++g)
      for (std::uint32_t value : code_.last_read[g]) ends_at_[value] = g;
  }

  CapturePlan run() {
    CapturePlan plan;
    if (!graph_.symbols().empty()) return plan;
    for (std::uint32_t first = 0; first < groups_; ++first) {
      std::uint32_t last = first;
      std::size_t started = 0;
      for (; last < groups_ && is_captured(last); ++last)
        started += kind(last) == Group::Kind::view ? 0 : 1;
      if (started >= kLeastCaptured) plan.stretches.push_back(stretch(first, last));
      first = std::max(first, last);
    }
    if (plan.stretches.empty()) return plan;
    for (std::uint32_t slot = 0; slot < code_.slots.count; ++slot)
      if (is_arena(slot)) plan.kept.push_back(slot);
    return plan;
  }

 private:
  [[nodiscard]] Group::Kind kind(std::uint32_t group) const {
    return code_.fusion.groups[group].kind;
  }
  [[nodiscard]] const Node& node_of(std::uint32_t group) const {
    return graph_.node(code_.fusion.groups[group].loops.front().nodes.front());
  }
  [[nodiscard]] std::uint32_t slot_of(std::uint32_t value) const {
    return code_.slots.places[value].slot;
  }
  [[nodiscard]] bool is_arena(std::uint32_t slot) const {
    return code_.slots.arena_bytes[slot] != 0;
  }
  /// Whether the program decides where the value lies: a kernel makes it.
  [[nodiscard]] bool is_placed(std::uint32_t value) const {
    return slot_of(value) != kNoIndex && made_at_[value] != kNoIndex &&
           kind(made_at_[value]) == Group::Kind::kernel;
  }

  [[nodiscard]] bool is_captured(std::uint32_t group) const {
    switch (kind(group)) {
      case Group::Kind::kernel:
        // A kernel that may refuse something tells the host.
        return !writes_retained_input(group) &&
               !graph::kernel_may_refuse(graph_, code_.fusion.groups[group]);
      case Group::Kind::view:
        return !has_derived_words(node_of(group));
      case Group::Kind::call:
        // A shape row that is no view may give one all the same.
        return node_of(group).row().op_class != OpClass::shape && captures_(node_of(group).row()) &&
               !has_derived_words(node_of(group));
    }
    return false;
  }
  /// While inputs may be asked back, a kernel that would write over one finds other memory.
  [[nodiscard]] bool writes_retained_input(std::uint32_t group) const {
    if (code_.last_refusing == kNoIndex || group > code_.last_refusing) return false;
    const auto& outputs = code_.fusion.groups[group].outputs;
    return std::any_of(outputs.begin(), outputs.end(), [this](graph::ValueRef output) {
      return slot_of(graph_.value_index(output)) < graph_.inputs().size();
    });
  }
  /// Calls `visit` for the number operands and the words of a node.
  template <class Visit>
  void for_words(const Node& node, Visit&& visit) const {
    for (const graph::Operand& operand : graph_.operands(node))
      if (operand.is_scalar()) visit(operand.word);
    for (const graph::Word& word : graph_.words(node)) visit(word);
  }
  [[nodiscard]] bool has_derived_words(const Node& node) const {
    bool has = false;
    for_words(node, [&has](const graph::Word& word) {
      has = has || word.source == graph::Word::Source::derived;
    });
    return has;
  }

  [[nodiscard]] bool is_inside(std::uint32_t value, const Stretch& stretch) const {
    return made_at_[value] != kNoIndex && made_at_[value] >= stretch.first &&
           made_at_[value] < stretch.last;
  }
  /// Whether others see the value after the stretch.
  [[nodiscard]] bool leaves(std::uint32_t value, const Stretch& stretch) const {
    return ends_at_[value] == kNoIndex || ends_at_[value] >= stretch.last;
  }
  /// Whether a slot has its memory from before the stretch: of an input, or of a call.
  [[nodiscard]] bool is_older(std::uint32_t slot, const Stretch& stretch) const {
    if (is_arena(slot)) return false;
    const std::uint32_t maker = graph_.value_index(code_.slots.sized_by[slot]);
    return !is_placed(maker) && !is_inside(maker, stretch);
  }
  /// The value that this one, made in the stretch by views alone, is a view of; or itself.
  [[nodiscard]] std::uint32_t origin(std::uint32_t value, const Stretch& stretch) const {
    while (is_inside(value, stretch) && kind(made_at_[value]) == Group::Kind::view)
      value = graph_.value_index(graph_.operands(graph_.node(node_of_[value]))[0].value);
    return value;
  }
  template <class Visit>
  void for_made(const Stretch& stretch, Visit&& visit) const {
    for (std::uint32_t value = 0; value < graph_.value_count(); ++value)
      if (is_inside(value, stretch)) visit(value);
  }
  /// What the stretch makes of `value` by views, and others see.
  [[nodiscard]] std::vector<std::uint32_t> views_of(std::uint32_t value,
                                                    const Stretch& stretch) const {
    std::vector<std::uint32_t> views;
    for_made(stretch, [&](std::uint32_t view) {
      if (view != value && origin(view, stretch) == value && leaves(view, stretch))
        views.push_back(view);
    });
    return views;
  }

  [[nodiscard]] Stretch stretch(std::uint32_t first, std::uint32_t last) const {
    Stretch made;
    made.first = first;
    made.last = last;
    std::vector<bool> is_called(code_.slots.count, false);  // read by a call, once a kernel made it
    std::vector<bool> is_read(graph_.value_count(), false);
    for (std::uint32_t g = first; g < last; ++g) {
      if (kind(g) != Group::Kind::call) continue;
      for (const graph::Operand& operand : graph_.operands(node_of(g))) {
        if (!operand.is_tensor()) continue;
        const std::uint32_t from = origin(graph_.value_index(operand.value), made);
        if (!is_inside(from, made))
          is_read[from] = true;
        else if (is_placed(from))
          is_called[slot_of(from)] = true;
      }
    }
    find_overwritten(made, is_called);
    for (std::uint32_t value = 0; value < is_read.size(); ++value)
      if (is_read[value]) made.reads.push_back(read(value, made));
    find_results(made, is_called);
    find_bindings(made);
    return made;
  }

  [[nodiscard]] CapturePlan::Read read(std::uint32_t value, const Stretch& stretch) const {
    const std::uint32_t slot = slot_of(storage_.root[value]);
    const bool is_overwritten = std::find(stretch.overwritten.begin(), stretch.overwritten.end(),
                                          slot) != stretch.overwritten.end();
    const Shape& shape = graph_.meta({node_of_[value], value_number(value)}).shape;
    return {value, !is_overwritten && is_contiguous(shape, code_.strides[value]),
            views_of(value, stretch)};
  }
  [[nodiscard]] std::uint32_t value_number(std::uint32_t value) const {
    return value - graph_.node(node_of_[value]).first_value;
  }

  void find_bindings(Stretch& stretch) const {
    std::vector<bool> is_used(graph_.bindings().size(), false);
    for (std::uint32_t g = stretch.first; g < stretch.last; ++g)
      if (kind(g) != Group::Kind::kernel)
        for_words(node_of(g), [&is_used](const graph::Word& word) {
          if (word.source == graph::Word::Source::binding) is_used[word.index] = true;
        });
    for (std::uint32_t k = 0; k < is_used.size(); ++k)
      if (is_used[k] && !graph_.bindings()[k].guarded) stretch.bindings.push_back(k);
  }

  void find_overwritten(Stretch& stretch, const std::vector<bool>& is_called) const {
    std::vector<bool> is_known(code_.slots.count, false);
    for_made(stretch, [&](std::uint32_t value) {
      if (!is_placed(value)) return;
      const std::uint32_t slot = slot_of(value);
      if (is_known[slot] || !is_older(slot, stretch)) return;
      is_known[slot] = true;
      stretch.overwritten.push_back(slot);
      if (is_called[slot]) stretch.fixed.push_back(slot);
    });
  }

  void find_results(Stretch& stretch, const std::vector<bool>& is_called) const {
    std::vector<bool> is_known(graph_.value_count(), false);
    for (graph::ValueRef output : graph_.outputs()) {
      const std::uint32_t root = storage_.root[graph_.value_index(output)];
      if (is_known[root] || !is_inside(root, stretch)) continue;
      is_known[root] = true;
      if (is_placed(root)) {
        const std::uint32_t slot = slot_of(root);
        if (is_older(slot, stretch)) continue;
        const bool is_own = is_placed(graph_.value_index(code_.slots.sized_by[slot]));
        if (is_own && !is_arena(slot) && !is_called[slot]) {
          stretch.renewed.push_back(slot);
          continue;
        }
      }
      stretch.copied.push_back({root, views_of(root, stretch)});
    }
    for_made(stretch, [&](std::uint32_t value) {
      if (!is_known[value] && leaves(value, stretch) && becomes_output(value, stretch))
        stretch.copied.push_back({value, views_of(value, stretch)});
    });
  }
  /// Whether a later kernel writes an output over it, in memory that a call of the stretch made.
  [[nodiscard]] bool becomes_output(std::uint32_t value, const Stretch& stretch) const {
    const std::uint32_t slot = slot_of(value);
    if (slot == kNoIndex || is_arena(slot) || is_older(slot, stretch)) return false;
    if (is_placed(graph_.value_index(code_.slots.sized_by[slot]))) return false;
    const auto outputs = graph_.outputs();
    return std::any_of(outputs.begin(), outputs.end(), [&](graph::ValueRef output) {
      const std::uint32_t root = storage_.root[graph_.value_index(output)];
      return slot_of(root) == slot && !is_inside(root, stretch);
    });
  }

  const SegmentCode& code_;
  const graph::Graph& graph_;
  const CapturesRow& captures_;
  const graph::Storage storage_;
  const std::uint32_t groups_;
  std::vector<std::uint32_t> made_at_;  ///< by value: group; kNoIndex for inputs
  std::vector<NodeIndex> node_of_;      ///< by value
  std::vector<std::uint32_t> ends_at_;  ///< by value: the group after which it is let go
};

}  // namespace

CapturePlan plan_captures(const SegmentCode& code, const CapturesRow& captures) {
  return Planner(code, captures).run();
}

}  // namespace gt::worker::hotpath

#include <fmt/format.h>

#include <algorithm>

#include "common/graph/fusion/fusion.h"
#include "common/graph/uses.h"

namespace gt::graph {
namespace {

class PlanValidator {
 public:
  PlanValidator(const Graph& graph, const FusionPlan& plan)
      : graph_(graph), plan_(plan), uses_(graph) {}

  std::vector<std::string> run() {
    check_partition();
    if (!problems_.empty()) return std::move(problems_);
    for (std::uint32_t g = 0; g < plan_.groups.size(); ++g) {
      check_order(g);
      check_loops(g);
      check_values(g);
    }
    return std::move(problems_);
  }

 private:
  template <class... Arguments>
  void problem(std::uint32_t group, fmt::format_string<Arguments...> format,
               Arguments&&... arguments) {
    problems_.push_back(fmt::format("group {}: {}", group,
                                    fmt::format(format, std::forward<Arguments>(arguments)...)));
  }

  void check_partition() {
    std::vector<std::uint32_t> seen(graph_.nodes().size(), kNoIndex);
    for (std::uint32_t g = 0; g < plan_.groups.size(); ++g)
      for (const Loop& loop : plan_.groups[g].loops)
        for (NodeIndex node : loop.nodes) {
          if (seen[node] != kNoIndex) problem(g, "node {} stands in two groups", node);
          seen[node] = g;
        }
    for (NodeIndex i = 0; i < seen.size(); ++i)
      if (graph_.node(i).is_input() != (seen[i] == kNoIndex) || plan_.group_of[i] != seen[i])
        problem(plan_.group_of[i], "node {} stands in another group", i);
  }

  void check_order(std::uint32_t g) {
    for (ValueRef input : plan_.groups[g].inputs)
      if (!graph_.node(input.node).is_input() && plan_.group_of[input.node] >= g)
        problem(g, "reads node {}, which is made later", input.node);
  }

  void check_loops(std::uint32_t g) {
    const Group& group = plan_.groups[g];
    if (group.kind != Group::Kind::kernel) {
      if (group.node_count() != 1) problem(g, "calls more than one row");
      return;
    }
    for (const Loop& loop : group.loops)
      if (!join(graph_, loop, {loop.space, {}})) problem(g, "a loop reads what it has not made");
  }

  void check_values(std::uint32_t g) {
    const Group& group = plan_.groups[g];
    const auto contains = [](const std::vector<ValueRef>& list, ValueRef value) {
      return std::find(list.begin(), list.end(), value) != list.end();
    };
    for (const Loop& loop : group.loops)
      for (NodeIndex node : loop.nodes) {
        for (const Operand& operand : graph_.operands(node))
          if (operand.is_tensor() && plan_.group_of[operand.value.node] != g &&
              !contains(group.inputs, operand.value))
            problem(g, "value {}.{} is read and no input", operand.value.node,
                    operand.value.output);
        for (std::uint32_t k = 0; k < graph_.node(node).value_count; ++k) {
          const std::uint32_t value = graph_.value_index({node, k});
          const auto uses = uses_.of(value);
          const bool leaves =
              uses_.is_output(value) || std::any_of(uses.begin(), uses.end(), [&](const Use& use) {
                return plan_.group_of[use.node] != g;
              });
          if (leaves != contains(group.outputs, {node, k}))
            problem(g, "value {}.{} leaves it and is no output, or the reverse", node, k);
        }
      }
  }

  const Graph& graph_;
  const FusionPlan& plan_;
  Uses uses_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> validate(const Graph& graph, const FusionPlan& plan) {
  return PlanValidator(graph, plan).run();
}

}  // namespace gt::graph

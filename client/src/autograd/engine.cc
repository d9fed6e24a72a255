#include "client/src/autograd/engine.h"

#include <gt/error.h>

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "client/src/autograd/parts.h"
#include "client/src/autograd/recording.h"
#include "client/src/autograd/tape_builder.h"
#include "client/src/signals/context.h"
#include "client/src/tensor/call.h"

namespace gt::detail {
namespace {

/// A tensor that is not a leaf and whose gradient was asked for.
struct Capture {
  std::uint32_t input = 0;
  std::shared_ptr<TensorImpl> tensor;
};

struct NodeState {
  std::size_t dependencies = 0;
  std::vector<ValueRef> grads;
  std::vector<PartGrad> parts;  ///< of what was read in parts; they join `grads` when complete
  std::vector<Capture> captures;
  bool accumulates = true;  ///< of an accumulator: its leaf is wanted
  bool leads_to_wanted = true;
};

class Walk {
 public:
  Walk(const std::vector<BackwardRoot>& roots, bool retain_graph) : retain_graph_(retain_graph) {
    for (const BackwardRoot& root : roots) discover(gradient_node(*root.edge.function));
  }

  /// Restricts the walk to what leads to these tensors.
  void restrict_to(const std::vector<std::shared_ptr<TensorImpl>>& inputs) {
    for (GradientNode* node : order_) state(*node).accumulates = false;
    for (const auto& input : inputs) want(input);
    // Children stand behind their parents in no particular order: settle them first.
    for (GradientNode* node : children_first()) {
      NodeState& own = state(*node);
      own.leads_to_wanted = node->is_accumulator() && own.accumulates;
      for (const autograd::Edge& edge : node->next_edges()) {
        if (!edge.is_valid()) continue;
        const NodeState& next = state(gradient_node(*edge.function));
        own.leads_to_wanted = own.leads_to_wanted || next.leads_to_wanted || !next.captures.empty();
      }
    }
  }

  void run(const std::vector<BackwardRoot>& roots) {
    for (const BackwardRoot& root : roots)
      add(state(gradient_node(*root.edge.function)), root.edge.input_nr, root.grad);
    for (GradientNode* node : order_)
      if (state(*node).dependencies == 0) ready_.push(node);
    while (!ready_.empty()) {
      GradientNode& node = *ready_.top();
      ready_.pop();
      process(node);
    }
  }

 private:
  struct Earlier {
    bool operator()(const GradientNode* a, const GradientNode* b) const {
      return a->sequence_nr() < b->sequence_nr();
    }
  };

  NodeState& state(GradientNode& node) { return states_.at(&node); }

  /// Adds the node and all below it, counting the edges that arrive at each.
  void discover(GradientNode& root) {
    std::vector<GradientNode*> stack;
    visit(root, stack);
    while (!stack.empty()) {
      GradientNode& node = *stack.back();
      stack.pop_back();
      for (const autograd::Edge& edge : node.next_edges()) {
        if (!edge.is_valid()) continue;
        GradientNode& next = gradient_node(*edge.function);
        visit(next, stack);
        ++state(next).dependencies;
      }
    }
  }

  void visit(GradientNode& node, std::vector<GradientNode*>& stack) {
    const auto [place, is_new] = states_.try_emplace(&node);
    if (!is_new) return;
    place->second.grads.resize(node.num_inputs());
    order_.push_back(&node);
    stack.push_back(&node);
  }

  void want(const std::shared_ptr<TensorImpl>& input) {
    const autograd::Edge edge = gradient_edge(input);
    if (!edge.is_valid())
      throw Error("[backward] One of the differentiated Tensors does not require grad");
    const auto found = states_.find(&gradient_node(*edge.function));
    if (found == states_.end()) return;
    if (found->first->is_accumulator())
      found->second.accumulates = true;
    else
      found->second.captures.push_back({edge.input_nr, input});
  }

  /// All nodes, each behind those that it feeds.
  std::vector<GradientNode*> children_first() {
    std::unordered_map<GradientNode*, std::size_t> open;
    std::vector<GradientNode*> parents_first;
    for (GradientNode* node : order_) {
      open[node] = state(*node).dependencies;
      if (open[node] == 0) parents_first.push_back(node);
    }
    for (std::size_t i = 0; i < parents_first.size(); ++i)
      for (const autograd::Edge& edge : parents_first[i]->next_edges()) {
        if (!edge.is_valid()) continue;
        GradientNode& next = gradient_node(*edge.function);
        if (--open[&next] == 0) parents_first.push_back(&next);
      }
    std::reverse(parents_first.begin(), parents_first.end());
    return parents_first;
  }

  void add(NodeState& target, std::uint32_t input, ValueRef grad) {
    ValueRef& slot = target.grads[input];
    if (slot == nullptr)
      slot = std::move(grad);
    else
      slot = TapeBuilder().add({slot, grad}, ScalarValue(1));
  }

  static void keep_retained(GradientNode& node, const std::vector<ValueRef>& grads) {
    for (const auto& [input, weak] : node.retained) {
      const std::shared_ptr<TensorImpl> tensor = weak.lock();
      if (tensor == nullptr || grads[input] == nullptr) continue;
      ValueRef kept = grads[input];
      if (tensor->grad.defined())
        kept = TapeBuilder().add({value_of(tensor->grad), kept}, ScalarValue(1));
      tensor->grad = wrap(std::move(kept), tensor->device);
    }
  }

  void join_parts(const GradientNode& node, NodeState& own) {
    while (!own.parts.empty()) {
      const std::uint32_t input = own.parts.front().input;
      const auto others =
          std::stable_partition(own.parts.begin(), own.parts.end(),
                                [&](const PartGrad& part) { return part.input == input; });
      std::vector<PartGrad> parts(std::make_move_iterator(own.parts.begin()),
                                  std::make_move_iterator(others));
      own.parts.erase(own.parts.begin(), others);
      add(own, input, gradient_of_parts(std::move(parts), node.input_meta(input)));
    }
  }

  /// Leaves the gradient of a part of a tensor to the node that made the tensor.
  void pass_part(GradientNode& view, const PartRegion& region, const ValueRef& grad) {
    const autograd::Edge& edge = view.next_edges()[0];
    GradientNode& next = gradient_node(*edge.function);
    NodeState& target = state(next);
    target.parts.push_back({edge.input_nr, &view, region, grad});
    if (--target.dependencies == 0) ready_.push(&next);
  }

  /// What the gradients of the node carry.
  const config::Signal* signal_of(const GradientNode& node) {
    if (node.signal == nullptr) return signal_;
    if (node.signal != named_by_) {
      named_ = client::backward_of(*node.signal);
      named_by_ = node.signal;
    }
    return named_;
  }

  void process(GradientNode& node) {
    const client::SignalScope scope(signal_of(node));
    NodeState& own = state(node);
    join_parts(node, own);
    const std::vector<ValueRef> grads = std::move(own.grads);
    const bool any = std::any_of(grads.begin(), grads.end(),
                                 [](const ValueRef& grad) { return grad != nullptr; });
    keep_retained(node, grads);
    for (const Capture& capture : own.captures)
      if (grads[capture.input] != nullptr) accumulate_grad(*capture.tensor, grads[capture.input]);
    if (!own.leads_to_wanted || (node.is_accumulator() && !own.accumulates)) return;

    if (const auto region = node.region(); any && region && node.next_edges()[0].is_valid())
      return pass_part(node, *region, grads[0]);
    std::vector<ValueRef> operand_grads;
    if (any) operand_grads = node.apply(grads);
    if (!retain_graph_) node.release();
    pass_on(node, operand_grads);
  }

  void pass_on(GradientNode& node, std::vector<ValueRef>& operand_grads) {
    for (std::size_t k = 0; k < node.next_edges().size(); ++k) {
      const autograd::Edge& edge = node.next_edges()[k];
      if (!edge.is_valid()) continue;
      GradientNode& next = gradient_node(*edge.function);
      NodeState& target = state(next);
      if (k < operand_grads.size() && operand_grads[k] != nullptr)
        add(target, edge.input_nr, std::move(operand_grads[k]));
      if (--target.dependencies == 0) ready_.push(&next);
    }
  }

  const bool retain_graph_;
  const config::Signal* const signal_ = client::current_signal();
  const config::Signal* named_by_ = nullptr;
  const config::Signal* named_ = nullptr;  ///< by `backward` of named_by_
  std::unordered_map<GradientNode*, NodeState> states_;
  std::vector<GradientNode*> order_;
  std::priority_queue<GradientNode*, std::vector<GradientNode*>, Earlier> ready_;
};

}  // namespace

void run_backward(const std::vector<BackwardRoot>& roots, bool retain_graph,
                  const std::vector<std::shared_ptr<TensorImpl>>& inputs) {
  const client::SignalScope scope(client::backward_signal());
  Walk walk(roots, retain_graph);
  if (!inputs.empty()) walk.restrict_to(inputs);
  walk.run(roots);
}

}  // namespace gt::detail

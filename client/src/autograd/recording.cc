#include "client/src/autograd/recording.h"

#include <gt/error.h>

#include "client/src/autograd/gradient_node.h"

namespace gt::detail {
namespace {

constexpr std::size_t kInlineOperands = 8;

/// Position of operand `k` in the row's specification; all elements of a list share one.
std::size_t spec_index(const OpRow& row, std::size_t k) {
  return std::min(k, row.operands.has_list() ? row.operands.fixed_count() : k);
}

std::shared_ptr<OpNode> make_node(const OpRow& row, std::span<const TraceOperand> operands,
                                  const Attributes& attributes, std::span<const ValueRef> results) {
  std::vector<OperandMeta> metas;
  std::vector<Argument<ValueRef>> saved;
  std::vector<Edge> edges;
  metas.reserve(operands.size());
  saved.reserve(operands.size());
  edges.reserve(operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const TraceOperand& operand = operands[k];
    const bool keep = ((row.saved.operands >> spec_index(row, k)) & 1u) != 0;
    if (operand.is_scalar) {
      metas.push_back(OperandMeta::of(operand.scalar));
      saved.emplace_back(operand.scalar);
      edges.emplace_back();
    } else if (operand.value == nullptr) {
      metas.emplace_back();
      saved.emplace_back(ValueRef());
      edges.emplace_back();
    } else {
      metas.push_back(OperandMeta::of(operand.value->value->meta));
      saved.emplace_back(keep ? operand.value->value : ValueRef());
      edges.push_back(operand.value->edge);
    }
  }
  std::vector<TensorMeta> result_metas;
  std::vector<ValueRef> saved_results(results.size());
  for (std::size_t k = 0; k < results.size(); ++k) {
    result_metas.push_back(results[k]->meta);
    if (((row.saved.results >> k) & 1u) != 0) saved_results[k] = results[k];
  }
  return std::make_shared<OpNode>(row, attributes, nullptr, std::move(metas),
                                  std::move(result_metas), std::move(saved),
                                  std::move(saved_results), std::move(edges));
}

client::EmitResults emit_traced(Op op, std::span<const TraceOperand> operands,
                                const Attributes& attributes) {
  const auto emit_operand = [](const TraceOperand& operand) {
    if (operand.is_scalar) return client::EmitOperand(operand.scalar);
    return operand.value != nullptr ? client::EmitOperand(operand.value->value)
                                    : client::EmitOperand();
  };
  if (operands.size() <= kInlineOperands) {
    std::array<client::EmitOperand, kInlineOperands> few;
    for (std::size_t k = 0; k < operands.size(); ++k) few[k] = emit_operand(operands[k]);
    return client::emit(op, std::span(few).first(operands.size()), attributes);
  }
  std::vector<client::EmitOperand> many;
  many.reserve(operands.size());
  for (const TraceOperand& operand : operands) many.push_back(emit_operand(operand));
  return client::emit(op, many, attributes);
}

/// The node of an emitted row; null if nothing is to be recorded.
std::shared_ptr<OpNode> record_call(const OpRow& row, std::span<const TraceOperand> operands,
                                    const Attributes& attributes,
                                    const client::EmitResults& values) {
  bool wanted = false;
  for (const TraceOperand& operand : operands)
    wanted = wanted || (operand.value != nullptr && operand.value->edge.is_valid());
  if (!wanted || !row.differentiable) return nullptr;
  return make_node(row, operands, attributes, values);
}

TracedValue traced(ValueRef value, const std::shared_ptr<OpNode>& node, std::uint32_t k) {
  TracedValue result;
  if (node != nullptr && is_floating(value->meta.dtype)) result.edge = {node, k};
  result.value = std::move(value);
  return result;
}

}  // namespace

std::vector<TracedValue> traced_call(Op op, std::span<const TraceOperand> operands,
                                     const Attributes& attributes) {
  client::EmitResults values = emit_traced(op, operands, attributes);
  const auto node = record_call(row_of(op), operands, attributes, values);
  std::vector<TracedValue> results;
  results.reserve(values.size());
  for (std::uint32_t k = 0; k < values.size(); ++k)
    results.push_back(traced(std::move(values[k]), node, k));
  return results;
}

TracedValue traced_call_one(Op op, std::span<const TraceOperand> operands,
                            const Attributes& attributes) {
  client::EmitResults values = emit_traced(op, operands, attributes);
  GT_INVARIANT(!values.empty(), std::string(row_of(op).name));
  const auto node = record_call(row_of(op), operands, attributes, values);
  return traced(std::move(values.front()), node, 0);
}

TracedValue traced_call(Op op, std::initializer_list<TraceOperand> operands,
                        const Attributes& attributes) {
  return traced_call_one(op, std::span(operands.begin(), operands.size()), attributes);
}

Edge record_view(const ViewStep& step, const TensorMeta& parent, const TensorMeta& result,
                 const Edge& parent_edge) {
  if (!parent_edge.is_valid()) return {};
  return {std::make_shared<OpNode>(row_of(step.op), step.attributes, step.node_name,
                                   std::vector<OperandMeta>{OperandMeta::of(parent)},
                                   std::vector<TensorMeta>{result},
                                   std::vector<Argument<ValueRef>>{ValueRef()},
                                   std::vector<ValueRef>(1), std::vector<Edge>{parent_edge}),
          0};
}

Edge record_copy(const char* function, const TensorMeta& result, const Edge& source,
                 const TensorMeta& source_meta, const Edge& destination) {
  if (!is_floating(result.dtype)) return {};
  if (!source.is_valid() && !destination.is_valid()) return {};
  return {std::make_shared<CopyNode>(function, result, source_meta, source, destination), 0};
}

bool wants_gradient(TensorImpl& impl) {
  if (impl.is_postponed()) static_cast<void>(impl.alias());
  return impl.requires_grad || impl.history.is_valid() ||
         (impl.base != nullptr && wants_gradient(*impl.base));
}

namespace {

/// The views' nodes from the base's alias down to `alias`, on the base's current edge.
Edge replay_history(const Alias& alias, const Alias& base_alias, const Edge& base_edge) {
  std::vector<const Alias*> path;
  for (const Alias* level = &alias; level != &base_alias; level = level->parent.get())
    path.push_back(level);
  Edge edge = base_edge;
  for (std::size_t i = path.size(); i-- > 0;)
    edge = record_view(*path[i]->step, path[i]->parent->meta(), path[i]->meta(), edge);
  return edge;
}

/// `what` was done to the view: "is being" or "its base or another view of its base has been".
void check_view_taken_with_grad(const TensorImpl& impl, const std::string& what) {
  if (impl.made_without_grad)
    throw Error("A view was created in no_grad mode and " + what +
                " modified inplace with grad mode enabled. Given that this use case is "
                "ambiguous and error-prone, it is forbidden. You can clarify your code by moving "
                "both the view and the inplace either both inside the no_grad block (if you don't "
                "want the inplace to be tracked) or both outside (if you want the inplace to be "
                "tracked).");
}

void forget_retained(const TensorImpl& impl) {
  if (!impl.retains_grad || !impl.history.is_valid()) return;
  std::erase_if(gradient_node(*impl.history.function).retained,
                [&](const auto& entry) { return entry.second.lock().get() == &impl; });
}

void register_retained(const std::shared_ptr<TensorImpl>& impl) {
  if (!impl->retains_grad || !impl->history.is_valid()) return;
  GradientNode& node = gradient_node(*impl->history.function);
  for (const auto& [number, tensor] : node.retained)
    if (number == impl->history.input_nr && tensor.lock() == impl) return;
  node.retained.emplace_back(impl->history.input_nr, impl);
}

}  // namespace

const Edge& current_history(TensorImpl& impl) {
  if (impl.is_postponed()) static_cast<void>(impl.alias());
  if (impl.base == nullptr) return impl.history;
  if (!impl.history.is_valid() && !wants_gradient(*impl.base)) return impl.history;
  const std::uint32_t version = version_of(*impl.alias());
  // A base that has moved to other elements (t_, set_data) leaves its older views as they were.
  if (impl.history_version == version || impl.base->alias() != impl.base_alias) return impl.history;
  check_view_taken_with_grad(impl, "its base or another view of its base has been");
  forget_retained(impl);
  impl.history = replay_history(*impl.alias(), *impl.base_alias, gradient_edge(impl.base));
  impl.history_version = version;
  return impl.history;
}

Edge gradient_edge(const std::shared_ptr<TensorImpl>& impl) {
  const Edge& history = current_history(*impl);
  if (history.is_valid()) {
    register_retained(impl);
    return history;
  }
  if (!wants_gradient(*impl)) return {};
  std::shared_ptr<autograd::Node> accumulator = impl->accumulator.lock();
  if (accumulator == nullptr) {
    accumulator = std::make_shared<AccumulateGrad>(impl);
    impl->accumulator = accumulator;
  }
  return {accumulator, 0};
}

void set_history(const std::shared_ptr<TensorImpl>& impl, Edge edge) {
  forget_retained(*impl);
  impl->history = std::move(edge);
  impl->requires_grad = false;
  register_retained(impl);
}

void check_in_place_history(TensorImpl& self, bool wanted) {
  if (!wanted) return;
  if (self.base != nullptr) {
    check_view_taken_with_grad(self, "is being");
    if (wants_gradient(*self.base) && !current_history(*self.base).is_valid())
      throw Error(
          "a view of a leaf Variable that requires grad is being used in an in-place "
          "operation.");
  }
  if (wants_gradient(self) && !current_history(self).is_valid())
    throw Error("a leaf Variable that requires grad is being used in an in-place operation.");
}

}  // namespace gt::detail

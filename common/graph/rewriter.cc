#include "common/graph/rewriter.h"

#include <bit>

#include "common/graph/scalars.h"
#include "common/graph/sizes.h"

namespace gt::graph {

Rewriter::Rewriter(const Graph& source) : source_(source), map_(source.value_count()) {
  for (const Binding& binding : source.bindings()) graph_.append_binding(binding);
  for (const Symbol& symbol : source.symbols()) graph_.append_symbol(symbol);
  for (const Size& size : source.sizes()) graph_.append_size(size);
  for (const DerivedScalar& scalar : source.derived()) graph_.append_derived(scalar);
}

NodeIndex Rewriter::keep(NodeIndex index) {
  const Node& node = source_.node(index);
  if (node.is_input()) {
    const Input& input = source_.inputs()[node.input];
    const ValueRef value = graph_.append_input(source_.value({index, 0}), input.dies);
    GT_INVARIANT(graph_.node(value.node).input == node.input, "inputs keep their order");
    graph_.input(node.input).carried_output = input.carried_output;
    replace({index, 0}, value);
    return value.node;
  }
  std::vector<ValueInfo> results;
  for (std::uint32_t k = 0; k < node.value_count; ++k) results.push_back(source_.value({index, k}));
  const NodeIndex kept =
      graph_.append_node(node.op, operands_of(index), source_.words(node), results, node.origin);
  for (std::uint32_t k = 0; k < node.value_count; ++k) replace({index, k}, {kept, k});
  return kept;
}

void Rewriter::replace(ValueRef old_value, ValueRef new_value) {
  map_[source_.value_index(old_value)] = new_value;
}

ValueRef Rewriter::of(ValueRef old_value) const {
  const auto& mapped = map_[source_.value_index(old_value)];
  GT_INVARIANT(mapped.has_value(), "a pass dropped a value that is used");
  return *mapped;
}

Operand Rewriter::of(const Operand& old_operand) const {
  Operand operand = old_operand;
  if (operand.is_tensor()) operand.value = of(operand.value);
  return operand;
}

std::vector<Operand> Rewriter::operands_of(NodeIndex old_node) const {
  std::vector<Operand> operands;
  for (const Operand& operand : source_.operands(old_node)) operands.push_back(of(operand));
  return operands;
}

NodeIndex Rewriter::add(Op op, std::span<const Operand> operands, std::span<const Word> words) {
  std::vector<ValueInfo> results;
  for (const InferredValue& value : infer_node(graph_, row_of(op), operands, words))
    results.push_back(intern(graph_, value));
  return graph_.append_node(op, operands, words, results, origin_);
}

ValueRef Rewriter::add(Op op, std::initializer_list<Operand> operands,
                       const Attributes& attributes) {
  std::vector<Word> words;
  for (std::uint64_t bits : attributes.words()) words.push_back(Word::constant(bits));
  return {add(op, std::span(operands.begin(), operands.size()), words), 0};
}

Operand Rewriter::derive(ScalarOp op, const Operand& first, const Operand& second) {
  const auto sample = [](const Operand& operand) {
    return ScalarValue::from_bits(operand.category, operand.word.bits).to_double();
  };
  const double value = apply(op, sample(first), sample(second));
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (first.word.is_constant() && second.word.is_constant()) return Operand::of(value);
  const std::uint32_t index =
      graph_.append_derived({op, first.category, second.category, first.word, second.word});
  return Operand::of(DType::kFloat64, {Word::Source::derived, index, bits});
}

Graph Rewriter::finish() && {
  for (ValueRef output : source_.outputs()) {
    const ValueRef value = of(output);
    graph_.append_output(value);
    const Node& node = graph_.node(value.node);
    if (node.is_input()) graph_.input(node.input).dies = false;
  }
  return std::move(graph_);
}

}  // namespace gt::graph

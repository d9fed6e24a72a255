#include "common/graph/builder.h"

#include <algorithm>

#include "common/graph/attribute_words.h"
#include "common/graph/sizes.h"
#include "common/graph/validate.h"

namespace gt::graph {

ValueRef GraphBuilder::add_input(const TensorMeta& meta, InputOptions options) {
  return graph_.append_input({meta, {}}, options.dies);
}

void GraphBuilder::mark_dies(ValueRef input) {
  graph_.input(graph_.node(input.node).input).dies = true;
}

SymbolIndex GraphBuilder::add_symbol(std::string name, std::int64_t sample) {
  if (sample < 2)
    throw CommonError(ErrorKind::kInvalidArgument,
                      "symbolic size " + name + " is at least 2, got " + std::to_string(sample));
  return graph_.append_symbol({std::move(name), sample});
}

void GraphBuilder::set_symbolic(ValueRef input, std::uint8_t dimension, const Size& size) {
  const auto samples = sample_symbols(graph_);
  InferredValue value = spell_out(graph_, graph_.value(input));
  if (dimension >= value.meta.shape.size() ||
      evaluate(size, samples) != value.meta.shape[dimension])
    throw CommonError(ErrorKind::kInvalidArgument, "dimension " + std::to_string(dimension) +
                                                       " of shape " + to_string(value.meta.shape) +
                                                       " is not the symbolic size " +
                                                       std::to_string(evaluate(size, samples)));
  value.symbolic.push_back({dimension, size});
  graph_.set_value(input, intern(graph_, value));
}

void GraphBuilder::set_extent(std::size_t word, const Size& size) {
  extents_.emplace_back(word, size);
}

void GraphBuilder::guard_next(std::size_t binding) { guards_.push_back(binding); }

void GraphBuilder::forget_next() {
  extents_.clear();
  guards_.clear();
}

Word GraphBuilder::bind(AttributeClass attribute_class, std::uint64_t bits) {
  const bool guarded = attribute_class == AttributeClass::extent ||
                       std::find(guards_.begin(), guards_.end(), pending_.size()) != guards_.end();
  const auto index = static_cast<BindingIndex>(graph_.bindings().size() + pending_.size());
  pending_.push_back({attribute_class, guarded, bits, kNoIndex, instructions_});
  return guarded ? Word::constant(bits) : Word{Word::Source::binding, index, bits};
}

Word GraphBuilder::bind_extent(const Size& size, std::uint64_t bits) {
  const std::uint32_t index = intern(graph_, size);
  pending_.push_back({AttributeClass::extent, false, bits, index, instructions_});
  return {Word::Source::size, index, bits};
}

std::vector<ValueRef> GraphBuilder::add_instruction(Op op,
                                                    std::span<const RecordedOperand> operands,
                                                    const Attributes& attributes) {
  const OpRow& row = row_of(op);
  if (row.op_class == OpClass::communication && op != Op::recover)
    throw CommonError(ErrorKind::kInvalidArgument,
                      std::string(row.name) +
                          " moves values between processes: what it brings is "
                          "an input of the graph, what it takes an output");
  pending_.clear();
  std::vector<Operand> given;
  for (const RecordedOperand& recorded : operands) {
    Operand operand = recorded.operand();
    if (operand.is_scalar()) operand.word = bind(AttributeClass::value, operand.word.bits);
    given.push_back(operand);
  }
  const Attributes::Words& flat = attributes.words();
  std::vector<Word> words;
  const std::size_t taken = for_each_attribute_word(
      row, flat.size(), [&](std::size_t i) { return flat[i]; },
      [&](std::size_t i, const AttributeWord& word) {
        const AttributeClass attribute_class = row.attributes.specs[word.attribute].attribute_class;
        const auto extent = std::find_if(extents_.begin(), extents_.end(),
                                         [i](const auto& named) { return named.first == i; });
        words.push_back(word.is_static             ? Word::constant(flat[i])
                        : extent != extents_.end() ? bind_extent(extent->second, flat[i])
                                                   : bind(attribute_class, flat[i]));
      });
  GT_INVARIANT(taken == flat.size(), std::string(row.name) + ": attribute words");
  const std::vector<InferredValue> inferred = infer_node(graph_, row, given, words);
  std::vector<ValueInfo> results;
  for (const InferredValue& value : inferred) results.push_back(intern(graph_, value));
  for (const Binding& binding : pending_) graph_.append_binding(binding);
  const NodeIndex node = graph_.append_node(op, given, words, results, {instructions_++});
  forget_next();
  std::vector<ValueRef> values;
  for (std::uint32_t k = 0; k < results.size(); ++k) values.push_back({node, k});
  return values;
}

std::vector<ValueRef> GraphBuilder::add_instruction(const ResolvedKind& kind,
                                                    std::span<const RecordedOperand> operands,
                                                    std::span<const std::uint64_t> binding_words) {
  return add_instruction(kind.row->op, operands, merge_attributes(kind, binding_words));
}

std::uint32_t GraphBuilder::mark_output(ValueRef value) {
  const auto outputs = graph_.outputs();
  const auto found = std::find(outputs.begin(), outputs.end(), value);
  if (found != outputs.end()) return static_cast<std::uint32_t>(found - outputs.begin());
  return graph_.append_output(value);
}

void GraphBuilder::carry(ValueRef input, ValueRef made) {
  const ValueInfo& before = graph_.value(input);
  const ValueInfo& after = graph_.value(made);
  if (!same_type(before, after))
    throw CommonError(ErrorKind::kInvalidArgument,
                      "a carried value keeps its dtype and shape, got " +
                          to_string(before.meta.shape) + " and then " +
                          to_string(after.meta.shape));
  graph_.input(graph_.node(input.node).input).carried_output = mark_output(made);
}

Graph GraphBuilder::finish() && {
  const std::vector<std::string> problems = validate(graph_);
  GT_INVARIANT(problems.empty(), problems.front());
  return std::move(graph_);
}

}  // namespace gt::graph

#include "common/graph/graph.h"

#include <utility>

namespace gt::graph {

Attributes Graph::attributes(const Node& node) const {
  Attributes attributes;
  for (const Word& word : words(node)) attributes.words().push_back(word.bits);
  return attributes;
}

OperandMeta Graph::operand_meta(const Operand& operand) const {
  switch (operand.form) {
    case OperandMeta::Form::none:
      return {};
    case OperandMeta::Form::scalar:
      return OperandMeta::of(ScalarValue::from_bits(operand.category, operand.word.bits));
    case OperandMeta::Form::tensor:
      return OperandMeta::of(meta(operand.value));
  }
  return {};
}

ValueRef Graph::append_input(ValueInfo info, bool dies) {
  Node node;
  node.kind = Node::Kind::input;
  node.input = static_cast<std::uint32_t>(inputs_.size());
  node.first_operand = static_cast<std::uint32_t>(operands_.size());
  node.first_word = static_cast<std::uint32_t>(words_.size());
  node.first_value = static_cast<std::uint32_t>(values_.size());
  node.value_count = 1;
  const auto index = static_cast<NodeIndex>(nodes_.size());
  nodes_.push_back(node);
  values_.push_back(std::move(info));
  inputs_.push_back({index, kNoIndex, dies});
  return {index, 0};
}

NodeIndex Graph::append_node(Op op, std::span<const Operand> operands, std::span<const Word> words,
                             std::span<const ValueInfo> results, const Origin& origin) {
  Node node;
  node.op = op;
  node.origin = origin;
  node.first_operand = static_cast<std::uint32_t>(operands_.size());
  node.operand_count = static_cast<std::uint32_t>(operands.size());
  node.first_word = static_cast<std::uint32_t>(words_.size());
  node.word_count = static_cast<std::uint32_t>(words.size());
  node.first_value = static_cast<std::uint32_t>(values_.size());
  node.value_count = static_cast<std::uint32_t>(results.size());
  operands_.insert(operands_.end(), operands.begin(), operands.end());
  words_.insert(words_.end(), words.begin(), words.end());
  values_.insert(values_.end(), results.begin(), results.end());
  nodes_.push_back(node);
  return static_cast<NodeIndex>(nodes_.size() - 1);
}

namespace {
template <class T>
std::uint32_t append_to(std::vector<T>& list, T element) {
  list.push_back(std::move(element));
  return static_cast<std::uint32_t>(list.size() - 1);
}
}  // namespace

BindingIndex Graph::append_binding(const Binding& binding) { return append_to(bindings_, binding); }
SymbolIndex Graph::append_symbol(Symbol symbol) { return append_to(symbols_, std::move(symbol)); }
std::uint32_t Graph::append_size(const Size& size) { return append_to(sizes_, size); }
std::uint32_t Graph::append_derived(const DerivedScalar& scalar) {
  return append_to(derived_, scalar);
}
std::uint32_t Graph::append_output(ValueRef value) { return append_to(outputs_, value); }

void Graph::drop_unused_derived() {
  std::vector<bool> is_used(derived_.size(), false);
  const auto use = [&](const Word& word) {
    if (word.source == Word::Source::derived) is_used[word.index] = true;
  };
  for (const Operand& operand : operands_) use(operand.word);
  for (const Word& word : words_) use(word);
  for (std::size_t i = derived_.size(); i-- > 0;) {
    if (!is_used[i]) continue;
    use(derived_[i].first);
    use(derived_[i].second);
  }
  std::vector<std::uint32_t> number(derived_.size());
  std::uint32_t count = 0;
  const auto renumber = [&](Word& word) {
    if (word.source == Word::Source::derived) word.index = number[word.index];
  };
  for (std::size_t i = 0; i < derived_.size(); ++i) {
    if (!is_used[i]) continue;
    number[i] = count;
    renumber(derived_[i].first);
    renumber(derived_[i].second);
    derived_[count++] = derived_[i];
  }
  derived_.resize(count);
  for (Operand& operand : operands_) renumber(operand.word);
  for (Word& word : words_) renumber(word);
}

namespace {

/// The 64-bit finaliser of SplitMix (Steele, Lea, Flood 2014) over a running sum.
class Mixer {
 public:
  void add(std::uint64_t word) {
    state_ += word + 0x9E3779B97F4A7C15u;
    state_ = (state_ ^ (state_ >> 30)) * 0xBF58476D1CE4E5B9u;
    state_ = (state_ ^ (state_ >> 27)) * 0x94D049BB133111EBu;
    state_ ^= state_ >> 31;
  }
  void add(const Word& word) {
    add(static_cast<std::uint64_t>(word.source));
    add(word.is_constant() ? word.bits : word.index);
  }
  void add(const ValueInfo& info) {
    add(static_cast<std::uint64_t>(info.meta.dtype));
    add(info.meta.shape.size());
    for (std::int64_t size : info.meta.shape) add(static_cast<std::uint64_t>(size));
    add(info.meta.layout.mesh);
    for (const LayoutAxis& axis : info.meta.layout.axes) {
      add(static_cast<std::uint64_t>(axis.form) << 16 | axis.dimension << 8 |
          static_cast<std::uint64_t>(axis.reduction));
    }
    add(info.symbolic.size());
    for (const SymbolicDimension& dimension : info.symbolic)
      add(static_cast<std::uint64_t>(dimension.dimension) << 32 | dimension.size);
  }
  void add(ValueRef ref) { add(static_cast<std::uint64_t>(ref.node) << 32 | ref.output); }
  void add(const Operand& operand) {
    add(static_cast<std::uint64_t>(operand.form));
    if (operand.is_tensor()) add(operand.value);
    if (!operand.is_scalar()) return;
    add(static_cast<std::uint64_t>(operand.category));
    add(operand.word);
  }
  [[nodiscard]] std::uint64_t result() const { return state_; }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace

std::uint64_t Graph::hash() const {
  Mixer mixer;
  for (const Node& node : nodes_) {
    mixer.add(node.is_input() ? ~std::uint64_t{0} : static_cast<std::uint64_t>(node.op));
    mixer.add(node.operand_count << 1 | (node.origin.is_eager ? 1 : 0));
    for (const Operand& operand : operands(node)) mixer.add(operand);
    for (const Word& word : words(node)) mixer.add(word);
    for (std::uint32_t k = 0; k < node.value_count; ++k) mixer.add(values_[node.first_value + k]);
  }
  for (const Input& input : inputs_)
    mixer.add(static_cast<std::uint64_t>(input.carried_output) << 1 | (input.dies ? 1 : 0));
  mixer.add(outputs_.size());
  for (ValueRef output : outputs_) mixer.add(output);
  mixer.add(bindings_.size());
  for (const Binding& binding : bindings_) {
    mixer.add(static_cast<std::uint64_t>(binding.attribute_class) << 1 | (binding.guarded ? 1 : 0));
    mixer.add(binding.guarded ? binding.sample : binding.size);
  }
  for (const Size& size : sizes_) {
    mixer.add(size.symbol);
    mixer.add(static_cast<std::uint64_t>(size.coefficient));
    mixer.add(static_cast<std::uint64_t>(size.offset));
  }
  for (const DerivedScalar& scalar : derived_) {
    mixer.add(static_cast<std::uint64_t>(scalar.op));
    mixer.add(scalar.first);
    mixer.add(scalar.second);
  }
  return mixer.result();
}

}  // namespace gt::graph

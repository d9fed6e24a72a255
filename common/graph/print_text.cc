#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>

#include "common/graph/attribute_words.h"
#include "common/graph/print.h"

namespace gt::graph {
namespace {

std::string size_text(const Graph& graph, std::uint32_t index) {
  const Size& size = graph.sizes()[index];
  const std::string& name = graph.symbols()[size.symbol].name;
  std::string text = size.coefficient == 1 ? name : fmt::format("{}*{}", size.coefficient, name);
  if (size.offset != 0) text += fmt::format("{:+}", size.offset);
  return text;
}

/// A constant word as what its type says it is.
std::string bits_text(AttributeType type, std::uint64_t bits) {
  switch (type) {
    case AttributeType::integer:
    case AttributeType::integers:
    case AttributeType::scalar:
      return fmt::format("{}", static_cast<std::int64_t>(bits));
    case AttributeType::boolean:
      return bits != 0 ? "true" : "false";
    case AttributeType::real:
      return fmt::format("{}", std::bit_cast<double>(bits));
    case AttributeType::dtype:
      return static_cast<std::int64_t>(bits) < 0
                 ? "none"
                 : std::string(short_name(static_cast<DType>(static_cast<std::int8_t>(bits))));
  }
  return {};
}

std::string word_text(const Graph& graph, const Word& word, AttributeType type) {
  switch (word.source) {
    case Word::Source::constant:
      return bits_text(type, word.bits);
    case Word::Source::binding:
      return fmt::format("#{}", word.index);
    case Word::Source::size:
      return size_text(graph, word.index);
    case Word::Source::derived:
      return fmt::format("${}", word.index);
  }
  return {};
}

/// The type that a scalar of this category prints as.
AttributeType type_of_category(DType category) {
  if (category == DType::kFloat64) return AttributeType::real;
  return category == DType::kBool ? AttributeType::boolean : AttributeType::integer;
}

std::string operand_text(const Graph& graph, const Operand& operand) {
  switch (operand.form) {
    case OperandMeta::Form::none:
      return "none";
    case OperandMeta::Form::scalar:
      return word_text(graph, operand.word, type_of_category(operand.category));
    case OperandMeta::Form::tensor:
      return name_of(graph, operand.value);
  }
  return {};
}

std::vector<std::string> attribute_texts(const Graph& graph, const Node& node) {
  const OpRow& row = node.row();
  const std::span<const Word> words = graph.words(node);
  std::vector<std::string> values(row.attributes.count);
  for_each_attribute_word(row, words, [&](std::size_t i, const AttributeWord& place) {
    const AttributeType type = row.attributes.specs[place.attribute].type;
    std::string& value = values[place.attribute];
    const bool is_list = type == AttributeType::integers;
    if (type == AttributeType::scalar && place.position == 0) return;
    if (is_list && place.position == 0) {
      value = words[i].bits == 0 ? "[]" : "[";
      return;
    }
    if (is_list && place.position > 1) value += ", ";
    const AttributeType shown =
        type == AttributeType::scalar
            ? type_of_category(static_cast<DType>(static_cast<std::int8_t>(words[i - 1].bits)))
            : type;
    value += word_text(graph, words[i], shown);
    if (is_list && place.position == words[i - place.position].bits) value += ']';
  });
  for (std::size_t a = 0; a < values.size(); ++a)
    values[a] = fmt::format("{}={}", row.attributes.specs[a].name, values[a]);
  return values;
}

std::string node_line(const Graph& graph, NodeIndex index) {
  const Node& node = graph.node(index);
  std::vector<std::string> names;
  std::vector<std::string> types;
  for (std::uint32_t k = 0; k < node.value_count; ++k) {
    names.push_back(name_of(graph, {index, k}));
    types.push_back(type_of(graph, {index, k}));
  }
  std::string line = fmt::format("  {} = {} : {}", fmt::join(names, ", "),
                                 expression_of(graph, node), fmt::join(types, ", "));
  if (!node.is_input()) return line + '\n';
  const Input& input = graph.inputs()[node.input];
  if (input.carried_output != kNoIndex)
    line += fmt::format(", carried from {}", input.carried_output);
  if (input.dies) line += ", dies";
  return line + '\n';
}

std::string_view name_of(ScalarOp op) {
  switch (op) {
    case ScalarOp::add:
      return "add";
    case ScalarOp::subtract:
      return "subtract";
    case ScalarOp::multiply:
      return "multiply";
    case ScalarOp::divide:
      return "divide";
    case ScalarOp::power:
      return "power";
    case ScalarOp::square_root:
      return "square_root";
    case ScalarOp::maximum:
      return "maximum";
  }
  return "";
}

}  // namespace

std::string name_of(const Graph& graph, ValueRef value) {
  return graph.node(value.node).value_count == 1 ? fmt::format("%{}", value.node)
                                                 : fmt::format("%{}.{}", value.node, value.output);
}

std::string type_of(const Graph& graph, ValueRef value) {
  const ValueInfo& info = graph.value(value);
  std::vector<std::string> sizes;
  for (std::int64_t size : info.meta.shape) sizes.push_back(fmt::format("{}", size));
  for (const SymbolicDimension& symbolic : info.symbolic)
    sizes[symbolic.dimension] = size_text(graph, symbolic.size);
  return fmt::format("{}[{}]", short_name(info.meta.dtype), fmt::join(sizes, ", "));
}

std::string expression_of(const Graph& graph, const Node& node) {
  if (node.is_input()) return fmt::format("input {}", node.input);
  std::vector<std::string> arguments;
  for (const Operand& operand : graph.operands(node))
    arguments.push_back(operand_text(graph, operand));
  for (std::string& attribute : attribute_texts(graph, node))
    arguments.push_back(std::move(attribute));
  return fmt::format("{}({})", node.row().name, fmt::join(arguments, ", "));
}

std::string to_text(const Graph& graph) {
  std::string text = fmt::format(
      "graph {:016x}: {} inputs, {} nodes, {} outputs\n", graph.hash(), graph.inputs().size(),
      graph.nodes().size() - graph.inputs().size(), graph.outputs().size());
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) text += node_line(graph, i);
  std::vector<std::string> outputs;
  for (ValueRef output : graph.outputs()) outputs.push_back(name_of(graph, output));
  text += fmt::format("  return {}\n", fmt::join(outputs, ", "));
  for (std::size_t i = 0; i < graph.derived().size(); ++i) {
    const DerivedScalar& scalar = graph.derived()[i];
    text += fmt::format("  ${} = {}({}, {})\n", i, name_of(scalar.op),
                        word_text(graph, scalar.first, type_of_category(scalar.first_category)),
                        word_text(graph, scalar.second, type_of_category(scalar.second_category)));
  }
  return text;
}

}  // namespace gt::graph

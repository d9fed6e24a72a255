#include <nlohmann/json.hpp>

#include "common/graph/print.h"

namespace gt::graph {
namespace {

nlohmann::json word_json(const Word& word) {
  switch (word.source) {
    case Word::Source::constant:
      return word.bits;
    case Word::Source::binding:
      return {{"binding", word.index}};
    case Word::Source::size:
      return {{"size", word.index}};
    case Word::Source::derived:
      return {{"derived", word.index}};
  }
  return nullptr;
}

nlohmann::json operand_json(const Graph& graph, const Operand& operand) {
  switch (operand.form) {
    case OperandMeta::Form::none:
      return nullptr;
    case OperandMeta::Form::scalar:
      return {{"category", short_name(operand.category)}, {"word", word_json(operand.word)}};
    case OperandMeta::Form::tensor:
      return name_of(graph, operand.value);
  }
  return nullptr;
}

nlohmann::json node_json(const Graph& graph, NodeIndex index) {
  const Node& node = graph.node(index);
  nlohmann::json json = {{"op", node.is_input() ? "input" : node.row().name}};
  for (std::uint32_t k = 0; k < node.value_count; ++k)
    json["values"].push_back(
        {{"name", name_of(graph, {index, k})}, {"type", type_of(graph, {index, k})}});
  if (node.is_input()) return json;
  json["text"] = expression_of(graph, node);
  json["operands"] = nlohmann::json::array();
  for (const Operand& operand : graph.operands(node))
    json["operands"].push_back(operand_json(graph, operand));
  json["words"] = nlohmann::json::array();
  for (const Word& word : graph.words(node)) json["words"].push_back(word_json(word));
  if (node.origin.instruction != kNoIndex) json["instruction"] = node.origin.instruction;
  if (node.origin.is_eager) json["eager"] = true;
  return json;
}

}  // namespace

nlohmann::json to_json(const Graph& graph) {
  nlohmann::json json = {
      {"inputs", nlohmann::json::array()},  {"nodes", nlohmann::json::array()},
      {"outputs", nlohmann::json::array()}, {"bindings", nlohmann::json::array()},
      {"symbols", nlohmann::json::array()}, {"sizes", nlohmann::json::array()},
      {"derived", nlohmann::json::array()}};
  for (const Input& input : graph.inputs()) {
    nlohmann::json entry = {{"value", name_of(graph, {input.node, 0})}, {"dies", input.dies}};
    if (input.carried_output != kNoIndex) entry["carried_output"] = input.carried_output;
    json["inputs"].push_back(std::move(entry));
  }
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) json["nodes"].push_back(node_json(graph, i));
  for (ValueRef output : graph.outputs()) json["outputs"].push_back(name_of(graph, output));
  for (const Binding& binding : graph.bindings())
    json["bindings"].push_back({{"sample", binding.sample}, {"guarded", binding.guarded}});
  for (const Symbol& symbol : graph.symbols())
    json["symbols"].push_back({{"name", symbol.name}, {"sample", symbol.sample}});
  for (const Size& size : graph.sizes())
    json["sizes"].push_back(
        {{"symbol", size.symbol}, {"coefficient", size.coefficient}, {"offset", size.offset}});
  for (const DerivedScalar& scalar : graph.derived())
    json["derived"].push_back({{"op", static_cast<int>(scalar.op)},
                               {"first", word_json(scalar.first)},
                               {"second", word_json(scalar.second)}});
  return json;
}

}  // namespace gt::graph

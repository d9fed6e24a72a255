#include "common/graph/validate.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/graph/attribute_words.h"
#include "common/graph/sizes.h"

namespace gt::graph {
namespace {

class Validator {
 public:
  explicit Validator(const Graph& graph) : graph_(graph) {}

  std::vector<std::string> run() {
    for (NodeIndex i = 0; i < graph_.nodes().size(); ++i) {
      node_ = i;
      const Node& node = graph_.node(i);
      if (node.is_input())
        check_input_node(node);
      else if (check_operands(node) && check_words(node))
        check_results(node);
    }
    check_inputs();
    check_outputs();
    check_derived();
    return std::move(problems_);
  }

 private:
  template <class... Arguments>
  void node_problem(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    const Node& node = graph_.node(node_);
    problems_.push_back(fmt::format("node {} ({}): {}", node_,
                                    node.is_input() ? "input" : node.row().name,
                                    fmt::format(format, std::forward<Arguments>(arguments)...)));
  }
  template <class... Arguments>
  void problem(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    problems_.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  bool exists(ValueRef ref) const {
    return ref.node < graph_.nodes().size() && ref.output < graph_.node(ref.node).value_count;
  }
  /// Whether what the word names exists.
  bool is_known(const Word& word, std::size_t derived_count) const {
    switch (word.source) {
      case Word::Source::constant:
        return true;
      case Word::Source::binding:
        return word.index < graph_.bindings().size() && !graph_.bindings()[word.index].guarded;
      case Word::Source::size:
        return word.index < graph_.sizes().size();
      case Word::Source::derived:
        return word.index < derived_count;
    }
    return false;
  }

  void check_input_node(const Node& node) {
    if (node.input >= graph_.inputs().size() || graph_.inputs()[node.input].node != node_)
      node_problem("is not in the list of inputs");
    if (node.value_count != 1 || node.operand_count != 0 || node.word_count != 0)
      node_problem("has one value and nothing else");
  }

  bool check_operands(const Node& node) {
    bool sound = true;
    for (const Operand& operand : graph_.operands(node)) {
      if (operand.is_tensor() && (operand.value.node >= node_ || !exists(operand.value))) {
        node_problem("reads value {}.{}, which is not made before it", operand.value.node,
                     operand.value.output);
        sound = false;
      }
      if (operand.is_scalar() && !is_scalar_word(operand)) {
        node_problem("a number operand names a word of another class");
        sound = false;
      }
    }
    return sound;
  }
  bool is_scalar_word(const Operand& operand) const {
    const Word& word = operand.word;
    if (!is_known(word, graph_.derived().size())) return false;
    if (word.source == Word::Source::size) return operand.category == DType::kInt64;
    if (word.source == Word::Source::derived) return operand.category == DType::kFloat64;
    return true;
  }

  bool check_words(const Node& node) {
    const OpRow& row = node.row();
    const std::span<const Word> words = graph_.words(node);
    bool sound = true;
    const std::size_t count =
        for_each_attribute_word(row, words, [&](std::size_t i, const AttributeWord& place) {
          if (fits(row, words[i], place)) return;
          node_problem("attribute {} has a word of another class",
                       row.attributes.specs[place.attribute].name);
          sound = false;
        });
    if (count == words.size()) return sound;
    node_problem("has {} attribute words", words.size());
    return false;
  }
  bool fits(const OpRow& row, const Word& word, const AttributeWord& place) const {
    if (word.is_constant()) return true;
    if (place.is_static || !is_known(word, graph_.derived().size())) return false;
    const AttributeSpec& spec = row.attributes.specs[place.attribute];
    switch (word.source) {
      case Word::Source::constant:
        return true;
      case Word::Source::binding:
        return true;
      case Word::Source::size:
        return spec.attribute_class == AttributeClass::extent;
      case Word::Source::derived:
        return spec.attribute_class == AttributeClass::value &&
               (spec.type == AttributeType::real || spec.type == AttributeType::scalar);
    }
    return false;
  }

  void check_results(const Node& node) {
    if (node.value_count != node.row().results) {
      node_problem("makes {} values, its row {}", node.value_count, node.row().results);
      return;
    }
    try {
      const std::vector<InferredValue> inferred =
          infer_node(graph_, node.row(), graph_.operands(node), graph_.words(node));
      for (std::uint32_t k = 0; k < node.value_count; ++k) {
        InferredValue value = spell_out(graph_, graph_.value({node_, k}));
        value.meta.layout = inferred[k].meta.layout;
        if (!(value == inferred[k]))
          node_problem("result {} is {}{}, its row infers {}{}", k, short_name(value.meta.dtype),
                       to_string(value.meta.shape), short_name(inferred[k].meta.dtype),
                       to_string(inferred[k].meta.shape));
      }
    } catch (const CommonError& error) {
      node_problem("{}", error.what());
    }
  }

  void check_inputs() {
    std::vector<bool> carried(graph_.outputs().size(), false);
    for (std::size_t i = 0; i < graph_.inputs().size(); ++i) {
      const Input& input = graph_.inputs()[i];
      if (input.node >= graph_.nodes().size() || !graph_.node(input.node).is_input() ||
          graph_.node(input.node).input != i) {
        problem("input {} has no node", i);
        continue;
      }
      if (input.carried_output == kNoIndex) continue;
      if (input.carried_output >= carried.size()) {
        problem("input {} is carried from output {}, which does not exist", i,
                input.carried_output);
        continue;
      }
      const ValueRef output = graph_.outputs()[input.carried_output];
      if (exists(output) && !same_type(graph_.value(output), graph_.value({input.node, 0})))
        problem("input {} is carried from output {}, which has another type", i,
                input.carried_output);
      if (carried[input.carried_output])
        problem("two inputs are carried from output {}", input.carried_output);
      carried[input.carried_output] = true;
    }
  }

  void check_outputs() {
    for (std::size_t k = 0; k < graph_.outputs().size(); ++k) {
      const ValueRef output = graph_.outputs()[k];
      if (!exists(output)) {
        problem("output {} does not exist", k);
        continue;
      }
      const Node& node = graph_.node(output.node);
      if (node.is_input() && graph_.inputs()[node.input].dies)
        problem("output {} is input {}, which dies", k, node.input);
    }
  }

  void check_derived() {
    for (std::size_t i = 0; i < graph_.derived().size(); ++i) {
      const DerivedScalar& scalar = graph_.derived()[i];
      if (!is_known(scalar.first, i) || !is_known(scalar.second, i))
        problem("derived scalar {} reads what is not known before it", i);
    }
  }

  const Graph& graph_;
  NodeIndex node_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> validate(const Graph& graph) { return Validator(graph).run(); }

}  // namespace gt::graph

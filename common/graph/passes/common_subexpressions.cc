// Common subexpressions: the second of two nodes with the same row, operands and words goes. Words
// are the same only if they name the same binding, or are constants of the graph. Random rows are
// never merged, whatever their keys. Parts of a composite are merged with parts of the same
// composite alone: what a gradient has in common with its forward row would have to be kept for it,
// where computing it again in the kernel of the gradient reads what is there anyway.
#include <map>
#include <tuple>

#include "common/graph/pass.h"
#include "common/graph/rewriter.h"

namespace gt::graph {
namespace {

/// What two nodes must share, as words: row, operands, attributes.
using Key = std::vector<std::uint64_t>;

void add_word(Key& key, const Word& word) {
  key.push_back(static_cast<std::uint64_t>(word.source));
  key.push_back(word.is_constant() ? word.bits : word.index);
}

Key key_of(const Graph& graph, const Node& node, std::span<const Operand> operands) {
  Key key = {static_cast<std::uint64_t>(node.op), operands.size(),
             node.origin.is_part ? node.origin.instruction : kNoIndex, node.origin.is_eager};
  for (const Operand& operand : operands) {
    key.push_back(static_cast<std::uint64_t>(operand.form));
    if (operand.is_tensor()) {
      key.push_back(operand.value.node);
      key.push_back(operand.value.output);
    } else if (operand.is_scalar()) {
      key.push_back(static_cast<std::uint64_t>(operand.category));
      add_word(key, operand.word);
    }
  }
  for (const Word& word : graph.words(node)) add_word(key, word);
  return key;
}

bool may_merge(const Node& node) {
  return !node.is_input() && node.row().op_class != OpClass::random &&
         node.row().op_class != OpClass::communication;
}

}  // namespace

PassResult merge_common_subexpressions(const Graph& graph) {
  Rewriter rewriter(graph);
  std::map<Key, NodeIndex> known;
  std::size_t changes = 0;
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.node(i);
    if (!may_merge(node)) {
      rewriter.keep(i);
      continue;
    }
    Key key = key_of(graph, node, rewriter.operands_of(i));
    const auto found = known.find(key);
    if (found == known.end()) {
      known.emplace(std::move(key), rewriter.keep(i));
      continue;
    }
    for (std::uint32_t k = 0; k < node.value_count; ++k)
      rewriter.replace({i, k}, {found->second, k});
    ++changes;
  }
  return {std::move(rewriter).finish(), changes};
}

}  // namespace gt::graph

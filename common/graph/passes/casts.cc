// Casts into their consumers: a reduction or softmax over a cast operand, which takes its dtype
// from the operand, reads the operand of the cast and names the dtype instead. Exact for float32
// and float64, in which the kernels compute what they load; a cast to a narrower dtype rounds
// first.
#include "common/graph/attribute_words.h"
#include "common/graph/pass.h"
#include "common/graph/rewriter.h"

namespace gt::graph {
namespace {

/// The attribute that names the dtype of the result, if the row is one of these.
std::optional<std::size_t> dtype_attribute(Op op) {
  if (op == Op::sum || op == Op::mean || op == Op::prod) return 2;
  if (op == Op::softmax || op == Op::log_softmax) return 1;
  return std::nullopt;
}

/// Index of the word that holds a dtype attribute.
std::size_t word_of(const Graph& graph, const Node& node, std::size_t attribute) {
  std::size_t found = 0;
  for_each_attribute_word(node.row(), graph.words(node),
                          [&](std::size_t i, const AttributeWord& place) {
                            if (place.attribute == attribute) found = i;
                          });
  return found;
}

}  // namespace

PassResult absorb_casts(const Graph& graph) {
  Rewriter rewriter(graph);
  std::size_t changes = 0;
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.node(i);
    const auto attribute = node.is_input() ? std::nullopt : dtype_attribute(node.op);
    if (!attribute) {
      rewriter.keep(i);
      continue;
    }
    const std::size_t at = word_of(graph, node, *attribute);
    const ValueRef cast = rewriter.of(graph.operands(i)[0].value);
    const DType dtype = rewriter.graph().meta(cast).dtype;
    const Node& maker = rewriter.graph().node(cast.node);
    const bool names_none = static_cast<std::int64_t>(graph.words(node)[at].bits) < 0;
    const bool is_wide = dtype == DType::kFloat32 || dtype == DType::kFloat64;
    const bool is_cast = !maker.is_input() && maker.op == Op::to;
    if (!is_cast || !names_none || !is_wide ||
        !admits(node.row(),
                rewriter.graph().meta(rewriter.graph().operands(maker)[0].value).dtype)) {
      rewriter.keep(i);
      continue;
    }
    std::vector<Word> words(graph.words(node).begin(), graph.words(node).end());
    words[at] = Word::constant(static_cast<std::uint64_t>(dtype));
    const Operand operands[] = {rewriter.graph().operands(maker)[0]};
    rewriter.stand_for(node, false);
    rewriter.replace({i, 0}, {rewriter.add(node.op, operands, words), 0});
    ++changes;
  }
  return {std::move(rewriter).finish(), changes};
}

}  // namespace gt::graph

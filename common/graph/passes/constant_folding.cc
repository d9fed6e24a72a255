// Constant folding: a fill is a constant already, so what moves, repeats or casts its elements is a
// fill of its own. Its number stays what it was, a binding of the run as a rule; a cast of it is
// folded where both dtypes certainly hold it as it is.
#include "common/graph/constants.h"
#include "common/graph/layouts.h"
#include "common/graph/pass.h"
#include "common/graph/rewriter.h"

namespace gt::graph {
namespace {

/// Words of `full`: count and sizes, category and bits of the number, dtype.
struct Fill {
  DType category;
  Word number;
};
Fill fill_of(const Graph& graph, const Node& full) {
  const auto words = graph.words(full);
  return {static_cast<DType>(words[words.size() - 3].bits), words[words.size() - 2]};
}

/// Whether a fill of `from` with the number, cast to `to`, is a fill of `to` with it.
bool casts_exactly(const Fill& fill, DType from, DType to) {
  if (from == fill.category && (from == DType::kFloat64 || from == DType::kInt64)) return true;
  const auto constant = constant_of(Operand::of(fill.category, fill.number));
  return constant && holds_exactly(from, *constant) && holds_exactly(to, *constant);
}

bool repeats_elements(const Node& node) {
  return node.op == Op::reshape || node.op == Op::expand || node.op == Op::permute ||
         node.op == Op::slice || node.op == Op::select;
}

std::vector<Word> words_of_fill(const ValueInfo& result, const Fill& fill) {
  std::vector<Word> words = {Word::constant(result.meta.shape.size())};
  for (std::int64_t size : result.meta.shape)
    words.push_back(Word::constant(static_cast<std::uint64_t>(size)));
  for (const SymbolicDimension& symbolic : result.symbolic) {
    Word& word = words[1 + symbolic.dimension];
    word = {Word::Source::size, symbolic.size, word.bits};
  }
  words.push_back(Word::constant(static_cast<std::uint64_t>(fill.category)));
  words.push_back(fill.number);
  words.push_back(Word::constant(static_cast<std::uint64_t>(result.meta.dtype)));
  return words;
}

}  // namespace

PassResult fold_constants(const Graph& graph) {
  const LayoutReaders readers(graph);
  Rewriter rewriter(graph);
  std::size_t changes = 0;
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.node(i);
    const bool may_fold = !node.is_input() && (repeats_elements(node) || node.op == Op::to);
    const ValueRef operand = may_fold ? rewriter.of(graph.operands(i)[0].value) : ValueRef{};
    const bool is_fill = may_fold && !rewriter.graph().node(operand.node).is_input() &&
                         rewriter.graph().node(operand.node).op == Op::full;
    if (!is_fill || (repeats_elements(node) && readers.reach({i, 0}))) {
      rewriter.keep(i);
      continue;
    }
    const Fill fill = fill_of(rewriter.graph(), rewriter.graph().node(operand.node));
    const ValueInfo& result = graph.value({i, 0});
    if (node.op == Op::to &&
        !casts_exactly(fill, rewriter.graph().meta(operand).dtype, result.meta.dtype)) {
      rewriter.keep(i);
      continue;
    }
    rewriter.stand_for(node, false);
    const NodeIndex folded = rewriter.add(Op::full, {}, words_of_fill(result, fill));
    rewriter.replace({i, 0}, {folded, 0});
    ++changes;
  }
  return {std::move(rewriter).finish(), changes};
}

}  // namespace gt::graph

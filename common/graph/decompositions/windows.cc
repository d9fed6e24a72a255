#include "common/graph/decompositions/windows.h"

#include <algorithm>

#include "common/graph/fusion/recompute.h"

namespace gt::graph {
namespace {

/// More rows than that are not done again.
constexpr std::size_t kMostRows = 8;

/// The dims of `value` but the last `dropped`, and then others, as a view.
ValueRef with_last_dims(Rewriter& rewriter, ValueRef value, std::size_t dropped,
                        std::span<const std::int64_t> last) {
  ValueInfo like = rewriter.graph().value(value);
  Shape shape;
  for (std::size_t d = 0; d + dropped < like.meta.shape.size(); ++d)
    shape.push_back(like.meta.shape[d]);
  for (std::int64_t size : last) shape.push_back(size);
  like.meta.shape = shape;
  return reshape_like(rewriter, value, like);
}

/// Whether a cheap point-wise row makes the value, and a kernel may hold that.
bool is_cheaply_made(const Graph& graph, ValueRef value) {
  const Node& node = graph.node(value.node);
  return !node.is_input() && !node.origin.is_eager && (is_cheap(node.op) || node.op == Op::to);
}

}  // namespace

bool are_pairs(const PoolingWindow& window, const ValueInfo& planes) {
  const std::size_t rank = planes.meta.shape.size();
  for (std::size_t d = 0; d < 2; ++d) {
    const PoolingDim& dim = window.dims[d];
    const std::int64_t size = planes.meta.shape[rank - 2 + d];
    if (dim.kernel != 2 || dim.stride != 2 || dim.padding != 0 || dim.dilation != 1 || size < 2 ||
        size % 2 != 0)
      return false;
  }
  return std::all_of(planes.symbolic.begin(), planes.symbolic.end(),
                     [&](const SymbolicDimension& dim) { return dim.dimension + 2u < rank; });
}

ValueRef window_element(Rewriter& rewriter, ValueRef planes, std::int64_t k) {
  ValueRef element = planes;
  const Shape shape = rewriter.graph().meta(planes).shape;
  for (std::size_t back = 1; back <= 2 && back <= shape.size(); ++back) {
    const std::size_t d = shape.size() - back;
    if (shape[d] == 1) continue;
    element =
        rewriter.add(Op::slice, {Operand::of(element)},
                     make_attributes(Op::slice, static_cast<std::int64_t>(d),
                                     back == 1 ? k % 2 : k / 2, shape[d] / 2, std::int64_t{2}));
  }
  return element;
}

ValueRef split_windows(Rewriter& rewriter, ValueRef value) {
  const Shape shape = rewriter.graph().meta(value).shape;
  const std::size_t dropped = std::min<std::size_t>(shape.size(), 2);
  std::vector<std::int64_t> last;
  for (std::size_t d = shape.size() - dropped; d < shape.size(); ++d) {
    last.push_back(shape[d] == 1 ? 1 : shape[d] / 2);
    last.push_back(shape[d] == 1 ? 1 : 2);
  }
  return dropped == 0 ? value : with_last_dims(rewriter, value, dropped, last);
}

ValueRef spread_over_windows(Rewriter& rewriter, ValueRef value) {
  const Shape shape = rewriter.graph().meta(value).shape;
  const std::int64_t last[] = {shape[shape.size() - 2], 1, shape[shape.size() - 1], 1};
  return with_last_dims(rewriter, value, 2, last);
}

ValueRef reshape_like(Rewriter& rewriter, ValueRef value, const ValueInfo& like) {
  const Attributes attributes = make_attributes(Op::reshape, like.meta.shape);
  std::vector<Word> words;
  for (std::uint64_t bits : attributes.words()) words.push_back(Word::constant(bits));
  // The first word counts the others.
  for (const SymbolicDimension& symbolic : like.symbolic) {
    Word& word = words[1u + symbolic.dimension];
    word = {Word::Source::size, symbolic.size, word.bits};
  }
  const Operand operands[] = {Operand::of(value)};
  return {rewriter.add(Op::reshape, operands, words), 0};
}

std::optional<ValueRef> windows_of(const Graph& graph, ValueRef value) {
  const Node& node = graph.node(value.node);
  if (node.is_input() || node.op != Op::reshape) return std::nullopt;
  const ValueRef split = graph.operands(node).front().value;
  const Node& maker = graph.node(split.node);
  if (maker.is_input() || maker.row().op_class != OpClass::pointwise) return std::nullopt;
  const Shape& from = graph.meta(split).shape;
  const Shape& to = graph.meta(value).shape;
  if (to.size() < 2 || from.size() != to.size() + 2) return std::nullopt;
  const std::size_t leading = to.size() - 2;
  for (std::size_t d = 0; d < leading; ++d)
    if (from[d] != to[d]) return std::nullopt;
  const bool are_windows = from[leading + 1] == 2 && from[leading + 3] == 2 &&
                           2 * from[leading] == to[leading] &&
                           2 * from[leading + 2] == to[leading + 1];
  const auto& symbolic = graph.value(split).symbolic;
  const bool are_fixed = std::all_of(
      symbolic.begin(), symbolic.end(),
      [&](const SymbolicDimension& dimension) { return dimension.dimension < leading; });
  return are_windows && are_fixed ? std::optional(split) : std::nullopt;
}

bool is_made_for_windows(const RowEmitter& emit, const Uses& uses) {
  const Graph& source = emit.source();
  const std::uint32_t index = source.value_index(source.operands(emit.node())[0].value);
  const auto readers = uses.of(index);
  return is_cheaply_made(emit.made(), emit.operand(0).value) && !uses.is_output(index) &&
         std::all_of(readers.begin(), readers.end(), [&](const Use& use) {
           const Op op = source.node(use.node).op;
           return op == emit.node().op || (op == Op::threshold_backward && use.operand == 1);
         });
}

ValueRef ViewedRows::of(ValueRef value) {
  std::size_t rows = 0;
  return make(value, rows);
}

ValueRef ViewedRows::make(ValueRef value, std::size_t& rows) {
  const auto known = known_.find(value);
  if (known != known_.end()) return known->second;
  const Graph& graph = rewriter_.graph();
  if (!is_cheaply_made(graph, value) || rows == kMostRows) return known_[value] = view_(value);
  ++rows;
  const Node node = graph.node(value.node);
  std::vector<Operand> operands(graph.operands(node).begin(), graph.operands(node).end());
  const std::vector<Word> words(graph.words(node).begin(), graph.words(node).end());
  for (Operand& operand : operands)
    if (operand.is_tensor()) operand.value = make(operand.value, rows);
  return known_[value] = {rewriter_.add(node.op, operands, words), 0};
}

}  // namespace gt::graph

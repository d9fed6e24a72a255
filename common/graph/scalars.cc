#include "common/graph/scalars.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "common/graph/sizes.h"

namespace gt::graph {

double apply(ScalarOp op, double first, double second) {
  switch (op) {
    case ScalarOp::add:
      return first + second;
    case ScalarOp::subtract:
      return first - second;
    case ScalarOp::multiply:
      return first * second;
    case ScalarOp::divide:
      return first / second;
    case ScalarOp::power:
      return std::pow(first, second);
    case ScalarOp::square_root:
      return std::sqrt(first);
    case ScalarOp::maximum:
      return std::max(first, second);
  }
  return 0;
}

namespace {

[[noreturn]] void fail(const std::string& message) {
  throw CommonError(ErrorKind::kInvalidArgument, message);
}

}  // namespace

RunScalars::RunScalars(const Graph& graph, std::span<const Shape> input_shapes,
                       std::span<const std::uint64_t> bindings)
    : graph_(graph),
      bindings_(bindings.begin(), bindings.end()),
      symbols_(sample_symbols(graph)),
      is_solved_(symbols_.size(), false) {
  check_bindings();
  solve_symbols(input_shapes);
  derive();
}

void RunScalars::rebind(std::span<const std::uint64_t> bindings) {
  GT_INVARIANT(symbols_.empty() && bindings.size() == bindings_.size(),
               "bindings of another graph");
  std::copy(bindings.begin(), bindings.end(), bindings_.begin());
  derive();
}

void RunScalars::derive() {
  derived_.clear();
  for (const DerivedScalar& scalar : graph_.derived())
    derived_.push_back(apply(scalar.op, number(scalar.first_category, scalar.first),
                             number(scalar.second_category, scalar.second)));
}

void RunScalars::check_bindings() const {
  const auto bindings = graph_.bindings();
  if (bindings_.size() != bindings.size())
    fail("the graph has " + std::to_string(bindings.size()) + " bindings, got " +
         std::to_string(bindings_.size()));
  for (std::size_t i = 0; i < bindings.size(); ++i)
    if (bindings[i].guarded && bindings[i].sample != bindings_[i])
      fail("binding " + std::to_string(i) + " is not what the graph was made for");
}

void RunScalars::solve(const Size& size, std::int64_t value) {
  if (!is_solved_[size.symbol]) symbols_[size.symbol] = (value - size.offset) / size.coefficient;
  is_solved_[size.symbol] = true;
  // 0 and 1 broadcast, so that other shapes would follow.
  if (evaluate(size, symbols_) != value || symbols_[size.symbol] < 2)
    fail("size " + std::to_string(value) + " does not fit the symbolic size " +
         graph_.symbols()[size.symbol].name);
}

void RunScalars::solve_symbols(std::span<const Shape> input_shapes) {
  if (input_shapes.size() != graph_.inputs().size())
    fail("the graph has " + std::to_string(graph_.inputs().size()) + " inputs, got " +
         std::to_string(input_shapes.size()));
  for (std::size_t i = 0; i < input_shapes.size(); ++i) {
    const ValueInfo& info = graph_.value({graph_.inputs()[i].node, 0});
    if (info.meta.shape.size() == input_shapes[i].size())
      for (const SymbolicDimension& symbolic : info.symbolic)
        solve(graph_.sizes()[symbolic.size], input_shapes[i][symbolic.dimension]);
    if (!(shape_at(graph_, info, symbols_) == input_shapes[i]))
      fail("input " + std::to_string(i) + " has shape " + to_string(input_shapes[i]) +
           ", the graph was made for " + to_string(info.meta.shape));
  }
  for (std::size_t i = 0; i < bindings_.size(); ++i)
    if (graph_.bindings()[i].size != kNoIndex)
      solve(graph_.sizes()[graph_.bindings()[i].size], static_cast<std::int64_t>(bindings_[i]));
}

double RunScalars::number(DType category, const Word& from) const {
  return ScalarValue::from_bits(category, word(from)).to_double();
}

std::uint64_t RunScalars::word(const Word& word) const {
  switch (word.source) {
    case Word::Source::constant:
      return word.bits;
    case Word::Source::binding:
      return bindings_[word.index];
    case Word::Source::size:
      return static_cast<std::uint64_t>(evaluate(graph_.sizes()[word.index], symbols_));
    case Word::Source::derived:
      return std::bit_cast<std::uint64_t>(derived_[word.index]);
  }
  return 0;
}

Attributes RunScalars::attributes(const Node& node) const {
  Attributes attributes;
  for (const Word& from : graph_.words(node)) attributes.words().push_back(word(from));
  return attributes;
}

std::vector<Shape> sample_input_shapes(const Graph& graph) {
  std::vector<Shape> shapes;
  for (const Input& input : graph.inputs()) shapes.push_back(graph.meta({input.node, 0}).shape);
  return shapes;
}

std::vector<std::uint64_t> sample_bindings(const Graph& graph) {
  std::vector<std::uint64_t> words;
  for (const Binding& binding : graph.bindings()) words.push_back(binding.sample);
  return words;
}

}  // namespace gt::graph

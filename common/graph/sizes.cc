#include "common/graph/sizes.h"

#include <algorithm>

namespace gt::graph {

std::int64_t evaluate(const Size& size, std::span<const std::int64_t> symbols) {
  return size.coefficient * symbols[size.symbol] + size.offset;
}

std::vector<std::int64_t> sample_symbols(const Graph& graph) {
  std::vector<std::int64_t> samples;
  for (const Symbol& symbol : graph.symbols()) samples.push_back(symbol.sample);
  return samples;
}

Shape shape_at(const Graph& graph, const ValueInfo& value, std::span<const std::int64_t> symbols) {
  Shape shape = value.meta.shape;
  for (const SymbolicDimension& symbolic : value.symbolic)
    shape[symbolic.dimension] = evaluate(graph.sizes()[symbolic.size], symbols);
  return shape;
}

namespace {

/// The rules of one row at any values of the symbols.
class Probe {
 public:
  Probe(const Graph& graph, const OpRow& row, std::span<const Operand> operands,
        std::span<const Word> words)
      : graph_(graph), row_(row), operands_(operands), words_(words) {}

  std::vector<TensorMeta> results_at(std::span<const std::int64_t> symbols) const {
    std::vector<OperandMeta> metas;
    for (const Operand& operand : operands_) {
      metas.push_back(graph_.operand_meta(operand));
      if (operand.is_tensor())
        metas.back().shape = shape_at(graph_, graph_.value(operand.value), symbols);
    }
    Attributes attributes;
    for (const Word& word : words_)
      attributes.words().push_back(
          word.source == Word::Source::size
              ? static_cast<std::uint64_t>(evaluate(graph_.sizes()[word.index], symbols))
              : word.bits);
    std::vector<TensorMeta> results(row_.results);
    infer(row_, metas, attributes, results);
    return results;
  }

  std::vector<SymbolIndex> symbols() const {
    std::vector<SymbolIndex> found;
    const auto add = [&](std::uint32_t size) {
      const SymbolIndex symbol = graph_.sizes()[size].symbol;
      if (std::find(found.begin(), found.end(), symbol) == found.end()) found.push_back(symbol);
    };
    for (const Operand& operand : operands_)
      if (operand.is_tensor())
        for (const SymbolicDimension& symbolic : graph_.value(operand.value).symbolic)
          add(symbolic.size);
    for (const Word& word : words_)
      if (word.source == Word::Source::size) add(word.index);
    return found;
  }

 private:
  const Graph& graph_;
  const OpRow& row_;
  std::span<const Operand> operands_;
  std::span<const Word> words_;
};

/// Adds what dimension `d` of `value` owes to `symbol`, from its sizes at three values of it.
void fit(InferredValue& value, std::size_t d, SymbolIndex symbol, std::int64_t sample,
         const std::int64_t (&sizes)[3]) {
  const std::int64_t coefficient = sizes[1] - sizes[0];
  if (coefficient == 0 && sizes[2] == sizes[0]) return;
  const bool is_known = std::any_of(value.symbolic.begin(), value.symbolic.end(),
                                    [&](const auto& known) { return known.dimension == d; });
  if (is_known || sizes[2] - sizes[1] != coefficient)
    throw CommonError(ErrorKind::kNotImplemented,
                      "dimension " + std::to_string(d) + " is not linear in one symbolic size");
  value.symbolic.push_back(
      {static_cast<std::uint8_t>(d), {symbol, coefficient, sizes[0] - coefficient * sample}});
}

}  // namespace

std::vector<InferredValue> infer_node(const Graph& graph, const OpRow& row,
                                      std::span<const Operand> operands,
                                      std::span<const Word> words) {
  const Probe probe(graph, row, operands, words);
  std::vector<std::int64_t> symbols = sample_symbols(graph);
  const std::vector<TensorMeta> sample = probe.results_at(symbols);
  std::vector<InferredValue> values;
  for (const TensorMeta& meta : sample) values.push_back({meta, {}});
  for (SymbolIndex symbol : probe.symbols()) {
    const std::int64_t at = symbols[symbol];
    symbols[symbol] = at + 1;
    const std::vector<TensorMeta> next = probe.results_at(symbols);
    symbols[symbol] = at + 2;
    const std::vector<TensorMeta> second = probe.results_at(symbols);
    symbols[symbol] = at;
    for (std::size_t k = 0; k < values.size(); ++k)
      for (std::size_t d = 0; d < sample[k].shape.size(); ++d)
        fit(values[k], d, symbol, at, {sample[k].shape[d], next[k].shape[d], second[k].shape[d]});
  }
  for (InferredValue& value : values)
    std::sort(value.symbolic.begin(), value.symbolic.end(),
              [](const auto& a, const auto& b) { return a.dimension < b.dimension; });
  return values;
}

std::uint32_t intern(Graph& graph, const Size& size) {
  const auto sizes = graph.sizes();
  const auto found = std::find(sizes.begin(), sizes.end(), size);
  if (found != sizes.end()) return static_cast<std::uint32_t>(found - sizes.begin());
  return graph.append_size(size);
}

ValueInfo intern(Graph& graph, const InferredValue& value) {
  ValueInfo info{value.meta, {}};
  for (const InferredValue::Dimension& dimension : value.symbolic)
    info.symbolic.push_back({dimension.dimension, intern(graph, dimension.size)});
  return info;
}

bool same_type(const ValueInfo& a, const ValueInfo& b) {
  return a.meta.dtype == b.meta.dtype && a.meta.shape == b.meta.shape && a.symbolic == b.symbolic;
}

InferredValue spell_out(const Graph& graph, const ValueInfo& value) {
  InferredValue result{value.meta, {}};
  for (const SymbolicDimension& symbolic : value.symbolic)
    result.symbolic.push_back({symbolic.dimension, graph.sizes()[symbolic.size]});
  return result;
}

}  // namespace gt::graph

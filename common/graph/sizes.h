// Symbolic sizes: their values, and inference that carries them along.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/graph/graph.h"

namespace gt::graph {

/// A result of a node, with its symbolic dimensions spelled out.
struct InferredValue {
  struct Dimension {
    std::uint8_t dimension = 0;
    Size size;
    friend constexpr bool operator==(const Dimension&, const Dimension&) = default;
  };
  TensorMeta meta;
  std::vector<Dimension> symbolic;
  friend bool operator==(const InferredValue&, const InferredValue&) = default;
};

/// Value of a size where the symbols have the values `symbols`.
[[nodiscard]] std::int64_t evaluate(const Size& size, std::span<const std::int64_t> symbols);
/// The symbols as in the recorded run.
[[nodiscard]] std::vector<std::int64_t> sample_symbols(const Graph& graph);
/// Shape of a value where the symbols have these values.
[[nodiscard]] Shape shape_at(const Graph& graph, const ValueInfo& value,
                             std::span<const std::int64_t> symbols);

/// What a node with these operands and words makes. The rules of the row are functions of numbers:
/// a symbolic result is found by running them at the recorded sizes and at two others of each
/// symbol, and must be linear in one symbol. Throws CommonError: as `infer` does, and
/// kNotImplemented where a size is not linear in one symbol.
[[nodiscard]] std::vector<InferredValue> infer_node(const Graph& graph, const OpRow& row,
                                                    std::span<const Operand> operands,
                                                    std::span<const Word> words);

/// The number of a size in the table of `graph`, which it joins if it is new.
std::uint32_t intern(Graph& graph, const Size& size);
/// The same value with its sizes in the table of `graph`.
[[nodiscard]] ValueInfo intern(Graph& graph, const InferredValue& value);
/// The value with its sizes spelled out.
[[nodiscard]] InferredValue spell_out(const Graph& graph, const ValueInfo& value);
/// Same dtype and shape in every run, whatever the layouts. Both belong to one graph.
[[nodiscard]] bool same_type(const ValueInfo& a, const ValueInfo& b);

}  // namespace gt::graph

// The one graph: what a unit of instructions computes, in single assignment form.
//
// Nodes are rows of the op table, and inputs. They stand in an order in which they can run: every
// operand is made before it is used. A graph is append-only; a pass reads one and writes another
// (rewriter.h). All lists lie in flat vectors of the graph and are named by indices, so that a
// graph can be copied, compared and hashed.
//
// What differs from one run of the unit to the next is no part of the graph: tensors come through
// inputs, and numbers (values, positions, keys, and sizes that are not fixed) through *bindings*,
// one 64-bit word each, in the order of the recorded instructions. Two bindings are never one, even
// if they happened to be equal when the unit was recorded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/ops/attributes.h"
#include "common/ops/inference.h"
#include "common/ops/op.h"
#include "common/tensor/meta.h"

namespace gt::graph {

using NodeIndex = std::uint32_t;
using BindingIndex = std::uint32_t;
using SymbolIndex = std::uint32_t;

/// "None", for all indices.
inline constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};

/// Result `output` of node `node`.
struct ValueRef {
  NodeIndex node = kNoIndex;
  std::uint32_t output = 0;
  friend constexpr auto operator<=>(const ValueRef&, const ValueRef&) = default;
};

/// One 64-bit word of a node's attributes, or the bits of a scalar operand.
struct Word {
  enum class Source : std::uint8_t {
    constant,  ///< `bits`, in every run
    binding,   ///< binding `index` of the run
    size,      ///< Graph::sizes()[index], an integer
    derived,   ///< Graph::derived()[index], a double computed from bindings before the run
  };
  Source source = Source::constant;
  std::uint32_t index = 0;
  std::uint64_t bits = 0;  ///< the word of the recorded run

  [[nodiscard]] static constexpr Word constant(std::uint64_t bits) {
    return {Source::constant, 0, bits};
  }
  [[nodiscard]] constexpr bool is_constant() const noexcept { return source == Source::constant; }
  friend constexpr bool operator==(const Word&, const Word&) = default;
};

/// One operand of a node.
struct Operand {
  OperandMeta::Form form = OperandMeta::Form::none;
  DType category = DType::kFloat64;  ///< of a scalar: kBool, kInt64 or kFloat64
  ValueRef value;                    ///< of a tensor
  Word word;                         ///< of a scalar

  [[nodiscard]] static Operand none() { return {}; }
  [[nodiscard]] static Operand of(ValueRef value) {
    return {OperandMeta::Form::tensor, DType::kFloat64, value, {}};
  }
  [[nodiscard]] static Operand of(DType category, const Word& word) {
    return {OperandMeta::Form::scalar, category, {}, word};
  }
  /// A number of the graph itself.
  [[nodiscard]] static Operand of(ScalarValue scalar) {
    return of(scalar.dtype(), Word::constant(scalar.bits()));
  }
  [[nodiscard]] bool is_tensor() const noexcept { return form == OperandMeta::Form::tensor; }
  [[nodiscard]] bool is_scalar() const noexcept { return form == OperandMeta::Form::scalar; }
  friend bool operator==(const Operand&, const Operand&) = default;
};

/// A dimension that may differ between runs.
struct SymbolicDimension {
  std::uint8_t dimension = 0;
  std::uint32_t size = 0;  ///< its size is Graph::sizes()[size]
  friend constexpr bool operator==(const SymbolicDimension&, const SymbolicDimension&) = default;
};

/// What is known of a value. Dimensions that are not named in `symbolic` are the same in every run.
struct ValueInfo {
  TensorMeta meta;  ///< of the recorded run
  std::vector<SymbolicDimension> symbolic;
  friend bool operator==(const ValueInfo&, const ValueInfo&) = default;
};

/// The recorded instruction that a node stems from.
struct Origin {
  std::uint32_t instruction = kNoIndex;
  bool is_part = false;   ///< one of several nodes that stand for it
  bool is_eager = false;  ///< no kernel shall hold it: it stays a call of the engine
  friend constexpr bool operator==(const Origin&, const Origin&) = default;
};

struct Node {
  enum class Kind : std::uint8_t { input, op };
  Kind kind = Kind::op;
  Op op{};                         ///< of a node of kind op
  std::uint32_t input = kNoIndex;  ///< of an input: its index in Graph::inputs()
  Origin origin;
  std::uint32_t first_operand = 0, operand_count = 0;
  std::uint32_t first_word = 0, word_count = 0;
  std::uint32_t first_value = 0, value_count = 0;

  [[nodiscard]] bool is_input() const noexcept { return kind == Kind::input; }
  [[nodiscard]] const OpRow& row() const noexcept { return row_of(op); }
  friend bool operator==(const Node&, const Node&) = default;
};

/// A tensor that the unit does not make.
struct Input {
  NodeIndex node = kNoIndex;
  /// Carried: it is what the previous run of the unit left as this output; kNoIndex for externals.
  std::uint32_t carried_output = kNoIndex;
  /// It is not used after the unit: its buffer may be overwritten once it has been read.
  bool dies = false;
  friend bool operator==(const Input&, const Input&) = default;
};

/// A number of the program that belongs to one run.
struct Binding {
  AttributeClass attribute_class = AttributeClass::value;
  /// The graph holds only for runs in which the word is `sample`; words that name it are constants.
  bool guarded = false;
  std::uint64_t sample = 0;         ///< the word of the recorded run
  std::uint32_t size = kNoIndex;    ///< an extent that follows a symbol: Graph::sizes()[size]
  std::uint32_t origin = kNoIndex;  ///< the instruction that it stands in
  friend bool operator==(const Binding&, const Binding&) = default;
};

/// A named size that may differ between runs.
struct Symbol {
  std::string name;
  std::int64_t sample = 0;  ///< its value in the recorded run
  friend bool operator==(const Symbol&, const Symbol&) = default;
};

/// coefficient * symbol + offset.
struct Size {
  SymbolIndex symbol = 0;
  std::int64_t coefficient = 1;
  std::int64_t offset = 0;
  friend constexpr bool operator==(const Size&, const Size&) = default;
};

/// Arithmetic on numbers of the program, in double as the engines do it on the host. Integer words
/// are converted first; `second` is ignored by square_root.
enum class ScalarOp : std::uint8_t { add, subtract, multiply, divide, power, square_root, maximum };
struct DerivedScalar {
  ScalarOp op = ScalarOp::add;
  DType first_category = DType::kFloat64, second_category = DType::kFloat64;
  Word first, second;
  friend bool operator==(const DerivedScalar&, const DerivedScalar&) = default;
};

class Graph {
 public:
  [[nodiscard]] std::span<const Node> nodes() const noexcept { return nodes_; }
  [[nodiscard]] const Node& node(NodeIndex index) const { return nodes_[index]; }
  [[nodiscard]] std::span<const Operand> operands(const Node& node) const {
    return std::span(operands_).subspan(node.first_operand, node.operand_count);
  }
  [[nodiscard]] std::span<const Operand> operands(NodeIndex index) const {
    return operands(nodes_[index]);
  }
  /// All attributes, flat, in the order of the row (common/ops/attributes.h).
  [[nodiscard]] std::span<const Word> words(const Node& node) const {
    return std::span(words_).subspan(node.first_word, node.word_count);
  }
  [[nodiscard]] std::span<const Word> words(NodeIndex index) const { return words(nodes_[index]); }

  /// Values are numbered densely, for tables beside the graph.
  [[nodiscard]] std::size_t value_count() const noexcept { return values_.size(); }
  [[nodiscard]] std::uint32_t value_index(ValueRef ref) const {
    return nodes_[ref.node].first_value + ref.output;
  }
  [[nodiscard]] const ValueInfo& value(ValueRef ref) const { return values_[value_index(ref)]; }
  [[nodiscard]] const TensorMeta& meta(ValueRef ref) const { return value(ref).meta; }

  [[nodiscard]] std::span<const Input> inputs() const noexcept { return inputs_; }
  /// What is alive after the unit, in the order in which it was marked. A value may stand here
  /// twice, and may be an input: the names then share one buffer.
  [[nodiscard]] std::span<const ValueRef> outputs() const noexcept { return outputs_; }
  [[nodiscard]] std::span<const Binding> bindings() const noexcept { return bindings_; }
  [[nodiscard]] std::span<const Symbol> symbols() const noexcept { return symbols_; }
  [[nodiscard]] std::span<const Size> sizes() const noexcept { return sizes_; }
  [[nodiscard]] std::span<const DerivedScalar> derived() const noexcept { return derived_; }

  /// Flat attributes as in the recorded run.
  [[nodiscard]] Attributes attributes(const Node& node) const;
  /// What inference is told of an operand, as in the recorded run.
  [[nodiscard]] OperandMeta operand_meta(const Operand& operand) const;

  /// Structure, metas, bindings and samples of what is guarded; not the samples of other bindings.
  /// The same in every process.
  [[nodiscard]] std::uint64_t hash() const;
  friend bool operator==(const Graph&, const Graph&) = default;

  // Making a graph. Nothing is checked but that indices exist: see builder.h and validate.h.
  ValueRef append_input(ValueInfo info, bool dies = false);
  NodeIndex append_node(Op op, std::span<const Operand> operands, std::span<const Word> words,
                        std::span<const ValueInfo> results, const Origin& origin = {});
  /// The node is to stay a call of the engine.
  void set_eager(NodeIndex node) { nodes_[node].origin.is_eager = true; }
  BindingIndex append_binding(const Binding& binding);
  SymbolIndex append_symbol(Symbol symbol);
  std::uint32_t append_size(const Size& size);
  std::uint32_t append_derived(const DerivedScalar& scalar);
  std::uint32_t append_output(ValueRef value);
  Input& input(std::uint32_t index) { return inputs_[index]; }
  void set_value(ValueRef ref, ValueInfo info) { values_[value_index(ref)] = std::move(info); }
  /// Removes derived scalars that no word names, directly or through others.
  void drop_unused_derived();

 private:
  std::vector<Node> nodes_;
  std::vector<Operand> operands_;
  std::vector<Word> words_;
  std::vector<ValueInfo> values_;
  std::vector<Input> inputs_;
  std::vector<ValueRef> outputs_;
  std::vector<Binding> bindings_;
  std::vector<Symbol> symbols_;
  std::vector<Size> sizes_;
  std::vector<DerivedScalar> derived_;
};

}  // namespace gt::graph

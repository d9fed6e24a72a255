// Builds a graph from the instructions of one recorded unit.
//
// The recorder tells for each operand where it comes from: *inside* the unit (a value returned by
// add_instruction), *carried* (made at the same place by the previous run) or *external*. The last
// two are inputs; a carried one is tied to what it came from once that has been made.
//
//   GraphBuilder builder;
//   const ValueRef weight = builder.add_input(meta, {.dies = true});
//   const ValueRef made = builder.add_instruction(Op::sub, {weight, gradient}, attributes)[0];
//   builder.carry(weight, made);
//   const Graph graph = std::move(builder).finish();
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "common/graph/graph.h"
#include "common/ops/instruction.h"

namespace gt::graph {

/// An operand of a recorded instruction: absent, a value of the graph, or a number of the program.
class RecordedOperand {
 public:
  RecordedOperand() = default;
  RecordedOperand(ValueRef value) : operand_(Operand::of(value)) {}
  RecordedOperand(ScalarValue scalar) : operand_(Operand::of(scalar)) {}
  [[nodiscard]] const Operand& operand() const noexcept { return operand_; }

 private:
  Operand operand_;
};

struct InputOptions {
  bool dies = false;  ///< see Input::dies
};

class GraphBuilder {
 public:
  /// A tensor from outside. Inputs are numbered in the order of these calls.
  ValueRef add_input(const TensorMeta& meta, InputOptions options = {});
  void mark_dies(ValueRef input);

  /// A size that may differ between runs, with its value in the recorded one (at least 2: sizes of
  /// 0 and 1 broadcast and so decide shapes). For `set_symbolic`.
  SymbolIndex add_symbol(std::string name, std::int64_t sample);
  /// Dimension `dimension` of an input is `size`. Before the input is used.
  void set_symbolic(ValueRef input, std::uint8_t dimension, const Size& size);

  /// A recorded instruction; the values of its results, inferred by the row. Every number operand
  /// and every attribute word that is not static becomes a binding: first the numbers in the order
  /// of the operands, then the words in the order of the row, as in the instruction itself. Extents
  /// are guarded, unless `sizes` names them. Throws CommonError as `infer` does, and
  /// kInvalidArgument for rows of class communication other than recover: what they move is an
  /// input or an output.
  std::vector<ValueRef> add_instruction(Op op, std::span<const RecordedOperand> operands,
                                        const Attributes& attributes = {});
  std::vector<ValueRef> add_instruction(Op op, std::initializer_list<RecordedOperand> operands,
                                        const Attributes& attributes = {}) {
    return add_instruction(op, std::span(operands.begin(), operands.size()), attributes);
  }
  /// The same from a kind and the binding words of an instruction.
  std::vector<ValueRef> add_instruction(const ResolvedKind& kind,
                                        std::span<const RecordedOperand> operands,
                                        std::span<const std::uint64_t> binding_words);

  /// Extent words that follow a symbol, for the next instruction only: word `word` of its flat
  /// attributes is `size`.
  void set_extent(std::size_t word, const Size& size);
  /// The graph shall hold only for runs in which this binding is as recorded; words added later
  /// that name it are constants. The binding must not have been used yet: it is one of the next
  /// instruction, counted from 0.
  void guard_next(std::size_t binding);

  /// Takes back what set_extent and guard_next said.
  void forget_next();

  /// The value is alive after the unit; returns its number among the outputs. Marking a value twice
  /// gives the number it has.
  std::uint32_t mark_output(ValueRef value);
  /// `input` is what the previous run left as `made`, which becomes an output. Both must have the
  /// same dtype and shape (CommonError kInvalidArgument).
  void carry(ValueRef input, ValueRef made);

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  /// The graph; checked by `validate`. Our own mistakes abort.
  [[nodiscard]] Graph finish() &&;

 private:
  Word bind(AttributeClass attribute_class, std::uint64_t bits);
  Word bind_extent(const Size& size, std::uint64_t bits);

  Graph graph_;
  std::uint32_t instructions_ = 0;
  std::vector<std::pair<std::size_t, Size>> extents_;
  std::vector<std::size_t> guards_;
  std::vector<Binding> pending_;  ///< of the instruction that is being added
};

}  // namespace gt::graph

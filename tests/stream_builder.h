// Puts instructions together by hand, as a client or a dispatcher would.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "common/ops/instruction.h"
#include "common/protocol/messages.h"

namespace gt::testing {

/// An operand of an instruction: a value of some dtype and rank, or a number.
struct Operand {
  OperandType type;
  std::uint64_t word = 0;
  bool dies = false;

  [[nodiscard]] static Operand tensor(ValueId id, std::uint8_t rank, bool dies = false) {
    return {{OperandMeta::Form::tensor, DType::kFloat32, rank}, id, dies};
  }
  [[nodiscard]] static Operand scalar(double value) {
    const ScalarValue scalar(value);
    return {{OperandMeta::Form::scalar, scalar.dtype(), 0}, scalar.bits(), false};
  }
};

/// Collects the kinds and words of one batch after the other; kinds keep their numbers.
class StreamBuilder {
 public:
  explicit StreamBuilder(InstructionForm form) : form_(form) {}

  /// Appends an instruction; `first_output` matters in the planned form only.
  StreamBuilder& add(Op op, ValueId first_output, const std::vector<Operand>& operands,
                     const Attributes& attributes, SiteId site = 0) {
    Kind kind;
    kind.op = op;
    std::vector<std::uint64_t> operand_words;
    for (const Operand& operand : operands) {
      kind.operands.push_back(operand.type);
      if (operand.type.form != OperandMeta::Form::none) operand_words.push_back(operand.word);
    }
    Attributes::Words bindings;
    split_attributes(row_of(op), attributes, kind.statics, bindings);
    const auto [id, resolved] = number_of(kind);
    const std::size_t header =
        InstructionWriter(form_, words)
            .append(id, resolved, site, first_output, operand_words, bindings);
    for (std::size_t k = 0; k < operands.size(); ++k)
      if (operands[k].dies) InstructionWriter::mark_dead(words, header, k);
    last_header_ = header;
    return *this;
  }
  /// Ends result `k` of the instruction appended last.
  StreamBuilder& drop_result(std::size_t k = 0) {
    InstructionWriter::mark_results_dead(words, last_header_, std::uint64_t{1} << k);
    return *this;
  }

  StreamBuilder& full(ValueId output, const Shape& shape, double value) {
    return add(Op::full, output, {},
               make_attributes(Op::full, shape, ScalarValue(value), DType::kFloat32));
  }
  StreamBuilder& add_tensors(ValueId output, Operand a, Operand b, SiteId site = 0) {
    return add(Op::add, output, {a, b}, make_attributes(Op::add, ScalarValue(1)), site);
  }
  StreamBuilder& upload(ValueId output, const Shape& shape, protocol::PayloadId payload) {
    return add(Op::upload, output, {},
               make_attributes(Op::upload, DType::kFloat32, shape, payload));
  }
  StreamBuilder& fetch(Operand value, protocol::RequestId request) {
    return add(Op::fetch, 0, {value}, make_attributes(Op::fetch, request));
  }

  /// Of the batch under construction; taken (and emptied) by whoever sends it.
  std::vector<protocol::KindDefinition> kinds;
  std::vector<std::uint64_t> words;

 private:
  std::pair<KindId, const ResolvedKind&> number_of(const Kind& kind) {
    for (std::size_t k = 0; k < known_.size(); ++k)
      if (known_[k].kind == kind) return {static_cast<KindId>(k), known_[k]};
    known_.push_back(resolve(kind));
    const auto id = static_cast<KindId>(known_.size() - 1);
    kinds.push_back({id, kind});
    return {id, known_.back()};
  }

  InstructionForm form_;
  std::size_t last_header_ = 0;
  std::vector<ResolvedKind> known_;
};

}  // namespace gt::testing

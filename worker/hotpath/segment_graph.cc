#include "worker/hotpath/segment_graph.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <set>

#include "common/graph/attribute_words.h"
#include "common/graph/builder.h"

namespace gt::worker::hotpath {
namespace {

class SegmentBuilder {
 public:
  SegmentBuilder(const Recording& recording, const RecordedSegment& segment)
      : recording_(recording), segment_(segment) {}

  SegmentGraph build() {
    result_.length = segment_.last - segment_.first;
    for (std::uint32_t e = 0; e < result_.length; ++e) add_element(e);
    mark_outputs();
    result_.graph = std::move(builder_).finish();
    return std::move(result_);
  }

 private:
  void add_element(std::uint32_t e) {
    const RecordedElement& element = recording_.elements[segment_.first + e];
    const ResolvedKind& kind = recording_.kinds[element.kind];
    if (kind.row->op_class == OpClass::communication)
      throw CommonError(ErrorKind::kNotImplemented,
                        std::string(kind.row->name) + " is not compiled");
    const auto words = recording_.operands_of(element);
    std::vector<graph::RecordedOperand> operands;
    std::uint32_t word = 0;
    for (const OperandType& type : kind.kind.operands) {
      switch (type.form) {
        case OperandMeta::Form::none:
          operands.emplace_back();
          continue;
        case OperandMeta::Form::scalar:
          operands.emplace_back(ScalarValue::from_bits(type.dtype, words[word]));
          result_.bindings.push_back({e, word});
          break;
        case OperandMeta::Form::tensor:
          operands.emplace_back(value_of(words[word], {e, word}));
          break;
      }
      ++word;
    }
    const auto bindings = recording_.bindings_of(element);
    for (std::uint32_t b = 0; b < bindings.size(); ++b) result_.bindings.push_back({e, word + b});
    name_extents(kind, element);
    guard_squares(kind, operands);
    guard_smoothing(*kind.row, bindings);
    guard_factors(kind, bindings);
    const auto made = builder_.add_instruction(kind, operands, bindings);
    for (std::uint32_t k = 0; k < made.size(); ++k) {
      known_[element.first_output + k] = made[k];
      places_[element.first_output + k] = {e, k};
    }
  }

  /// A product takes the place of a power of 2: such an exponent seldom becomes another.
  void guard_squares(const ResolvedKind& kind, std::span<const graph::RecordedOperand> operands) {
    if (kind.row->op != Op::pow) return;
    const graph::Operand& exponent = operands[1].operand();
    if (!operands[0].operand().is_tensor() || !exponent.is_scalar()) return;
    if (ScalarValue::from_bits(exponent.category, exponent.word.bits).to_double() == 2)
      builder_.guard_next(0);
  }

  /// Without label smoothing a cross entropy looks one class of each row up.
  void guard_smoothing(const OpRow& row, std::span<const std::uint64_t> bindings) {
    constexpr std::size_t kSmoothing = 1;  // binding 0 is ignore_index
    if (row.op != Op::cross_entropy && row.op != Op::cross_entropy_backward) return;
    if (std::bit_cast<double>(bindings[kSmoothing]) == 0) builder_.guard_next(kSmoothing);
  }

  /// A product with an addend is two rows where beta and alpha are 1.
  void guard_factors(const ResolvedKind& kind, std::span<const std::uint64_t> bindings) {
    if (kind.row->op != Op::addmm && kind.row->op != Op::baddbmm) return;
    const Attributes attributes = merge_attributes(kind, bindings);
    for (std::size_t factor = 0; factor < 2; ++factor)
      if (attributes.scalar(*kind.row, factor).to_double() != 1) return;
    builder_.guard_next(0);
    builder_.guard_next(1);
  }

  /// Binding words are the words of the flat attributes that are not static, in their order.
  void name_extents(const ResolvedKind& kind, const RecordedElement& element) {
    if (element.symbolic.empty()) return;
    const Attributes attributes = merge_attributes(kind, recording_.bindings_of(element));
    const Attributes::Words& words = attributes.words();
    std::uint32_t binding = 0;
    graph::for_each_attribute_word(
        *kind.row, words.size(), [&](std::size_t i) { return words[i]; },
        [&](std::size_t i, const graph::AttributeWord& word) {
          if (word.is_static) return;
          for (const RecordedSize& size : element.symbolic)
            if (size.place == binding) builder_.set_extent(i, symbolic(size));
          ++binding;
        });
  }
  graph::Size symbolic(const RecordedSize& size) {
    if (!symbol_) symbol_ = builder_.add_symbol("n", recording_.symbol);
    return {*symbol_, size.coefficient, size.offset};
  }

  graph::ValueRef value_of(ValueId id, WordPlace place) {
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    const auto input = segment_.inputs.find(id);
    if (input == segment_.inputs.end())
      throw CommonError(ErrorKind::kInternal, "an operand was not there when it was recorded");
    const bool dies =
        std::find(segment_.died.begin(), segment_.died.end(), id) != segment_.died.end();
    const graph::ValueRef value = builder_.add_input(input->second.meta, {.dies = dies});
    for (const RecordedSize& size : input->second.symbolic)
      builder_.set_symbolic(value, static_cast<std::uint8_t>(size.place), symbolic(size));
    result_.inputs.push_back(place);
    result_.input_strides.push_back(input->second.strides);
    return known_[id] = value;
  }

  void mark_outputs() {
    const std::set<ValueId> alive(segment_.alive.begin(), segment_.alive.end());
    for (const auto& [id, place] : places_) {
      if (!alive.contains(id)) {
        result_.dead.push_back(place);
        continue;
      }
      const std::uint32_t output = builder_.mark_output(known_.at(id));
      GT_INVARIANT(output == result_.outputs.size(), "results are values of their own");
      result_.outputs.push_back(place);
    }
  }

  const Recording& recording_;
  const RecordedSegment& segment_;
  graph::GraphBuilder builder_;
  std::optional<graph::SymbolIndex> symbol_;
  std::map<ValueId, graph::ValueRef> known_;
  std::map<ValueId, ResultPlace> places_;
  SegmentGraph result_;
};

}  // namespace

SegmentGraph make_segment_graph(const Recording& recording, const RecordedSegment& segment) {
  return SegmentBuilder(recording, segment).build();
}

}  // namespace gt::worker::hotpath

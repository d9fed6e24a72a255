#include "worker/hotpath/recording.h"

#include <utility>

namespace gt::worker::hotpath {

std::vector<ValueId> inputs_in_order(const Recording& recording, const RecordedSegment& segment) {
  std::vector<ValueId> order;
  std::unordered_set<ValueId> seen;
  for (std::uint32_t e = segment.first; e < segment.last; ++e) {
    const RecordedElement& element = recording.elements[e];
    const auto words = recording.operands_of(element);
    std::size_t word = 0;
    for (const OperandType& type : recording.kinds[element.kind].kind.operands) {
      if (type.form == OperandMeta::Form::none) continue;
      const ValueId id = words[word++];
      if (type.form == OperandMeta::Form::tensor && segment.inputs.contains(id) &&
          seen.insert(id).second)
        order.push_back(id);
    }
  }
  return order;
}

void Recorder::begin_element(const Instruction& instruction, ValueTable& values) {
  const auto [kind, is_new] =
      kinds_.try_emplace(instruction.kind_id, static_cast<std::uint32_t>(recording_.kinds.size()));
  if (is_new) recording_.kinds.push_back(*instruction.kind);
  RecordedElement element;
  element.kind = kind->second;
  element.first_output = instruction.first_output;
  element.first_word = static_cast<std::uint32_t>(recording_.words.size());
  element.operand_words = static_cast<std::uint32_t>(instruction.operand_words.size());
  element.binding_words = static_cast<std::uint32_t>(instruction.binding_words.size());
  for (const auto& part : {instruction.operand_words, instruction.binding_words})
    recording_.words.insert(recording_.words.end(), part.begin(), part.end());

  std::size_t word = 0;
  for (const OperandType& type : instruction.kind->kind.operands) {
    if (type.form == OperandMeta::Form::none) continue;
    const ValueId id = instruction.operand_words[word++];
    if (type.form != OperandMeta::Form::tensor) continue;
    if (made_.contains(id) || segment_.inputs.contains(id)) continue;
    const TableEntry* entry = values.find(id);
    if (entry == nullptr) continue;
    segment_.inputs[id] = {entry->value.meta(), entry->value.strides, {}};
  }
  for (std::size_t k = 0; k < instruction.row().results; ++k)
    made_.insert(instruction.first_output + k);
  recording_.elements.push_back(element);
}

void Recorder::cut(ValueTable& values) {
  segment_.last = static_cast<std::uint32_t>(recording_.elements.size());
  if (segment_.last == segment_.first) return;
  for (const auto& [id, input] : segment_.inputs)
    if (values.find(id) == nullptr) segment_.died.push_back(id);
  for (std::uint32_t e = segment_.first; e < segment_.last; ++e) {
    const RecordedElement& element = recording_.elements[e];
    for (std::size_t k = 0; k < recording_.kinds[element.kind].row->results; ++k)
      if (values.find(element.first_output + k) != nullptr)
        segment_.alive.push_back(element.first_output + k);
  }
  const std::uint32_t next = segment_.last;
  recording_.segments.push_back(std::exchange(segment_, {}));
  segment_.first = segment_.last = next;
  made_.clear();
}

Recording Recorder::finish(ValueTable& values) {
  cut(values);
  kinds_.clear();
  segment_ = {};
  return std::exchange(recording_, {});
}

void Recorder::clear() {
  if (recording_.elements.empty()) return;
  recording_ = {};
  segment_ = {};
  kinds_.clear();
  made_.clear();
}

}  // namespace gt::worker::hotpath

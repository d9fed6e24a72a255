#include "worker/hotpath/instruction_queue.h"

namespace gt::worker::hotpath {

void InstructionQueue::push(const Instruction& instruction,
                            std::optional<sequence::Position> position) {
  if (position) elements_.push_back(entries_.size());
  Entry& entry = entries_.emplace_back();
  entry.instruction = instruction;
  entry.position = position;
  entry.words = words_.size();
  entry.more_dead = static_cast<std::uint16_t>(instruction.more_dead_bits.size());
  entry.operands = static_cast<std::uint16_t>(instruction.operand_words.size());
  entry.bindings = static_cast<std::uint32_t>(instruction.binding_words.size());
  for (const auto& part :
       {instruction.more_dead_bits, instruction.operand_words, instruction.binding_words})
    words_.insert(words_.end(), part.begin(), part.end());
}

void InstructionQueue::pop() {
  if (entries_[begin_].position) ++first_element_;
  ++begin_;
  if (begin_ < entries_.size()) return;
  entries_.clear();
  words_.clear();
  elements_.clear();
  begin_ = first_element_ = 0;
}

Instruction InstructionQueue::operator[](std::size_t k) const {
  const Entry& entry = entries_[begin_ + k];
  Instruction instruction = entry.instruction;
  const std::span<const std::uint64_t> words = std::span(words_).subspan(entry.words);
  instruction.more_dead_bits = words.first(entry.more_dead);
  instruction.operand_words = words.subspan(entry.more_dead, entry.operands);
  instruction.binding_words = words.subspan(entry.more_dead + entry.operands, entry.bindings);
  return instruction;
}

}  // namespace gt::worker::hotpath

// Instructions that outlive the batch they came in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/ops/instruction.h"
#include "common/sequence/history.h"

namespace gt::worker::hotpath {

/// Copies of instructions, first in, first out. Memory is kept for later ones: in the steady state
/// nothing is allocated. Kinds are borrowed.
class InstructionQueue {
 public:
  /// `position` is that of the element that the instruction is in its lane, if it is one.
  void push(const Instruction& instruction, std::optional<sequence::Position> position);
  void pop();

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size() - begin_; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == entries_.size(); }
  /// The k-th from the front. Its spans are valid until the next `push` or `pop`.
  [[nodiscard]] Instruction operator[](std::size_t k) const;
  [[nodiscard]] std::optional<sequence::Position> position(std::size_t k) const noexcept {
    return entries_[begin_ + k].position;
  }
  /// How many elements there are, and which instruction from the front is the e-th of them.
  [[nodiscard]] std::size_t elements() const noexcept { return elements_.size() - first_element_; }
  [[nodiscard]] std::size_t element(std::size_t e) const noexcept {
    return elements_[first_element_ + e] - begin_;
  }
  [[nodiscard]] bool is_release(std::size_t k) const noexcept {
    return entries_[begin_ + k].instruction.row().op == Op::release;
  }
  /// Calls `visit(id)` for the operands of the k-th instruction that die there.
  template <class Visit>
  void for_each_death(std::size_t k, Visit&& visit) const {
    const Entry& entry = entries_[begin_ + k];
    if (entry.instruction.dead_bits == 0 && entry.more_dead == 0) return;
    const Instruction instruction = (*this)[k];
    std::size_t word = 0;
    for (std::size_t o = 0; const OperandType& type : instruction.kind->kind.operands) {
      const bool is_tensor = type.form == OperandMeta::Form::tensor;
      if (is_tensor && instruction.dies(o)) visit(instruction.operand_words[word]);
      if (type.form != OperandMeta::Form::none) ++word;
      ++o;
    }
  }
  [[nodiscard]] ValueId first_output(std::size_t k) const noexcept {
    return entries_[begin_ + k].instruction.first_output;
  }
  /// Word `word` of the k-th instruction: of its operands, then of its bindings.
  [[nodiscard]] std::uint64_t word(std::size_t k, std::size_t word) const noexcept {
    const Entry& entry = entries_[begin_ + k];
    return words_[entry.words + entry.more_dead + word];
  }

 private:
  struct Entry {
    Instruction instruction;  ///< without spans
    std::optional<sequence::Position> position;
    std::size_t words = 0;  ///< where they begin: more dead bits, operands, bindings
    std::uint16_t more_dead = 0;
    std::uint16_t operands = 0;
    std::uint32_t bindings = 0;
  };
  std::vector<Entry> entries_;
  std::vector<std::uint64_t> words_;
  std::vector<std::size_t> elements_;  ///< in entries_
  std::size_t begin_ = 0;
  std::size_t first_element_ = 0;  ///< in elements_
};

}  // namespace gt::worker::hotpath

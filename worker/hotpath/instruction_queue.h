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
  std::size_t begin_ = 0;
};

}  // namespace gt::worker::hotpath

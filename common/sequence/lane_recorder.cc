#include "common/sequence/lane_recorder.h"

namespace gt::sequence {

std::optional<Position> LaneRecorder::take(const Instruction& instruction, ValueId first_result,
                                           std::span<const std::uint64_t> result_bytes) {
  const KindIdentity& kind = kinds_.at(instruction.kind_id);
  std::optional<Position> position;
  switch (kind.role) {
    case Role::source:
      return position;
    case Role::release:
      history_.release(instruction.operand_words[0]);
      return position;
    case Role::observation:
      history_.observe(instruction.operand_words[0]);
      break;
    case Role::element: {
      operands_.clear();
      for (const TensorOperand& tensor : kind.tensors)
        operands_.push_back(instruction.operand_words[tensor.word]);
      extents_.clear();
      for (std::uint8_t word : kind.extent_words)
        extents_.push_back(instruction.binding_words[word]);
      position = history_.record({instruction.kind_id, kind.hash.low, operands_, first_result,
                                  kind.row->results, instruction.dead_result_bits, extents_,
                                  result_bytes});
      break;
    }
  }
  if (instruction.dead_bits == 0 && instruction.more_dead_bits.empty()) return position;
  for (const TensorOperand& tensor : kind.tensors)
    if (instruction.dies(tensor.operand)) history_.release(instruction.operand_words[tensor.word]);
  return position;
}

}  // namespace gt::sequence

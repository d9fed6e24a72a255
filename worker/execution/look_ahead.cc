// The death of an operand may come after the instruction that uses it last: one look ahead before
// its elements are copied.
#include "worker/execution/session.h"

namespace gt::worker {
namespace {

/// Copies up to this size cost less than looking.
constexpr std::size_t kFreeCopy = std::size_t{64} << 10;

/// Instructions that are looked at: a release follows soon, or not at all.
constexpr int kFarthest = 64;

enum class Use : std::uint8_t { none, release, other };

Use use_in(const Instruction& instruction, ValueId id) {
  std::size_t word = 0;
  for (const OperandType& type : instruction.kind->kind.operands) {
    if (type.form == OperandMeta::Form::none) continue;
    const std::uint64_t operand = instruction.operand_words[word++];
    if (type.form == OperandMeta::Form::tensor && operand == id)
      return instruction.row().op == Op::release ? Use::release : Use::other;
  }
  return Use::none;
}

template <class Reader>
Use next_use(Reader reader, ValueId id, int& left) {
  try {
    for (Instruction instruction; reader.next(instruction);) {
      if (--left < 0) return Use::other;
      if (const Use use = use_in(instruction, id); use != Use::none) return use;
    }
  } catch (const CommonError&) {
    return Use::other;  // reported when it is read to be executed
  }
  return Use::none;
}

/// The same behind the instruction in front of a queue.
Use next_use(const hotpath::InstructionQueue& queue, ValueId id, int& left) {
  for (std::size_t k = 1; k < queue.size(); ++k) {
    if (--left < 0) return Use::other;
    if (const Use use = use_in(queue[k], id); use != Use::none) return use;
  }
  return Use::none;
}

}  // namespace

/// Whether operand 0 of an instruction that changes some of its elements can lose its memory to the
/// result though no bit says that it dies here.
bool Session::may_change_first_operand(const Instruction& instruction) {
  const Value* value = operands_[0].value;
  if (value == nullptr || operands_[0].reusable || !value->buffer.may_be_overwritten())
    return false;
  if (value->meta().byte_count() <= kFreeCopy) return false;
  for (std::size_t k = 1; k < operands_.size(); ++k)
    if (operands_[k].value == value) return false;
  return is_released_next(instruction.operand_words[0]);
}

/// Whether the first that is said of the value in the rest of this batch, or in the next, is its
/// end.
bool Session::is_released_next(ValueId id) const {
  int left = kFarthest;
  Use use = Use::none;
  if (hot_path_ != nullptr && hot_path_->queue_at_hand() != nullptr)
    use = next_use(*hot_path_->queue_at_hand(), id, left);
  if (use == Use::none && reader_) use = next_use(*reader_, id, left);
  if (use == Use::none && batches_.size() > 1)
    use = next_use(Reader(InstructionForm::planned, batches_[1].words, KindLookup{&kinds_}), id,
                   left);
  return use == Use::release;
}

}  // namespace gt::worker

#include "client/src/session/kinds.h"

#include <utility>

namespace gt::client {

Kind& KindTable::scratch(Op op, std::uint16_t signal) {
  scratch_.op = op;
  scratch_.signal = signal;
  scratch_.operands.clear();
  scratch_.statics.clear();
  return scratch_;
}

KindTable::Named KindTable::intern_scratch() {
  const std::size_t hash = KindHash{}(scratch_);
  if (const Slot& slot = slot_of(scratch_, hash); slot.id != kMaxKinds)
    return {slot.id, &kinds_[slot.id]};
  if (kinds_.size() >= kMaxKinds)
    throw CommonError(ErrorKind::kInvalidArgument,
                      "a session can have at most " + std::to_string(kMaxKinds) +
                          " kinds of instructions; call gt::shutdown() to begin a new one");
  const auto id = static_cast<KindId>(kinds_.size());
  kinds_.push_back(resolve(scratch_));
  if (kinds_.size() * 2 > slots_.size()) grow();
  slot_of(scratch_, hash) = {hash, id};
  new_.push_back({id, scratch_});
  return {id, &kinds_.back()};
}

KindTable::Named KindTable::release_of(DType dtype, std::uint8_t rank) {
  Named& named = releases_[static_cast<std::size_t>(dtype) * (kMaxDimensions + 1) + rank];
  if (named.kind == nullptr) {
    scratch(Op::release).operands.push_back({OperandMeta::Form::tensor, dtype, rank});
    named = intern_scratch();
  }
  return named;
}

KindTable::Slot& KindTable::slot_of(const Kind& kind, std::size_t hash) {
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at].id != kMaxKinds &&
         (slots_[at].hash != hash || !(kinds_[slots_[at].id].kind == kind)))
    at = (at + 1) & (slots_.size() - 1);
  return slots_[at];
}

void KindTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.id != kMaxKinds) slot_of(kinds_[slot.id].kind, slot.hash) = slot;
}

std::vector<protocol::KindDefinition> KindTable::take_new() { return std::exchange(new_, {}); }

}  // namespace gt::client
